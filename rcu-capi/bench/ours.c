/* Built twice: with RCU_CAPI_OUT_OF_LINE for `called`. */
#include "pairs.h"
#include <rcu.h>

#ifdef RCU_CAPI_OUT_OF_LINE
#define LOOP called
#else
#define LOOP inlined
#endif

long LOOP(long rounds)
{
	long sum = 0;

	for (long i = 0; i < rounds; i++) {
		rcu_read_lock();
		sum += rcu_dereference(protected_value)->number;
		rcu_read_unlock();
	}
	return sum;
}
