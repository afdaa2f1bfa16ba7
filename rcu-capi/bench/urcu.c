/* Built twice: with _LGPL_SOURCE, by which liburcu's readers are inlined, and without. */
#include "pairs.h"
#include <urcu/urcu-memb.h>

#ifdef _LGPL_SOURCE
#define LOOP urcu_inlined
#else
#define LOOP urcu_called
#endif

long LOOP(long rounds)
{
	long sum = 0;

	for (long i = 0; i < rounds; i++) {
		urcu_memb_read_lock();
		sum += rcu_dereference(protected_value)->number;
		urcu_memb_read_unlock();
	}
	return sum;
}
