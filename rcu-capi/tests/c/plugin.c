/* A plugin that reads: built once with inlined readers and once with called ones. */
#include <rcu.h>

int plugin_reads(int **published, int rounds);

int plugin_reads(int **published, int rounds)
{
	int sum = 0;

	for (int i = 0; i < rounds; i++) {
		RCU_READ_LOCK_GUARD();
		WITH_RCU_READ_LOCK_GUARD()
			sum += *qatomic_rcu_read(published);
	}
	return sum;
}
