/* So many sections and loads: a function named LOOP. Built four times: with LIBURCU through liburcu, inlined if _LGPL_SOURCE is defined; else through
 * rcu.h, called if RCU_CAPI_OUT_OF_LINE is. */
#include "pairs.h"
#ifdef LIBURCU
#include <urcu/urcu-memb.h>
#define LOCK urcu_memb_read_lock
#define UNLOCK urcu_memb_read_unlock
#else
#include <rcu.h>
#define LOCK rcu_read_lock
#define UNLOCK rcu_read_unlock
#endif

long LOOP(long rounds)
{
	long sum = 0;

	for (long i = 0; i < rounds; i++) {
		LOCK();
		sum += rcu_dereference(protected_value)->number;
		UNLOCK();
	}
	return sum;
}
