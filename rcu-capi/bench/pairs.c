/* What a section and a load in it cost, ours and liburcu's, inlined and called: one run, by turns, medians in nanoseconds. */
#include "pairs.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <urcu/urcu-memb.h>

#define TURNS 41
#define ROUNDS 2000000L

static struct value seven = { 7 };
struct value *protected_value = &seven;

static double nanoseconds(long (*loop)(long))
{
	struct timespec begin, end;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	if (loop(ROUNDS) != 7 * ROUNDS)
		abort();
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / ROUNDS;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	static const struct {
		const char *name;
		long (*loop)(long);
	} ways[] = { { "inlined", inlined },
		     { "liburcu-inlined", urcu_inlined },
		     { "called", called },
		     { "liburcu-called", urcu_called } };
	double times[4][TURNS], medians[4];

	urcu_memb_register_thread();
	for (int way = 0; way < 4; way++)
		nanoseconds(ways[way].loop);
	for (int turn = 0; turn < TURNS; turn++)
		for (int way = 0; way < 4; way++)
			times[way][turn] = nanoseconds(ways[way].loop);
	for (int way = 0; way < 4; way++) {
		qsort(times[way], TURNS, sizeof(double), compare);
		medians[way] = times[way][TURNS / 2];
		printf("pair %s %.2f ns\n", ways[way].name, medians[way]);
	}
	printf("ratio inlined %.2f called %.2f\n", medians[0] / medians[1], medians[2] / medians[3]);
	urcu_memb_unregister_thread();
	return 0;
}
