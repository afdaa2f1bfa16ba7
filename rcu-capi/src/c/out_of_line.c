/* The readers of rcu.h as functions of the library: the inlined ones, compiled once. In C, because no stable Rust reads a thread-local of a
 * shared library without a call. */
#ifdef RCU_CAPI_OUT_OF_LINE
#error "these are the functions that RCU_CAPI_OUT_OF_LINE calls"
#endif
#include "rcu.h"

void rcu_capi_read_lock_call(void)
{
	rcu_capi_read_lock();
}

void rcu_capi_read_unlock_call(void)
{
	rcu_capi_read_unlock();
}
