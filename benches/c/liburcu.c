/* Readers of one flavour of liburcu, for the scoreboard: built once for each flavour, with -DFLAVOUR=memb and so on, with its readers
 * inlined (-D_LGPL_SOURCE -DWAY=inlined) or called (-DWAY=called). Each loop stands in the code twice: at the start of a cache line,
 * and at the middle of one. With -DPROGRAM it is a program of its own, `liburcu NANOSECONDS`, which times pairs for about that long
 * and prints the nanoseconds of one at each of the two places. */
#define URCU_API_MAP
#include FLAVOUR_HEADER

#include <stdint.h>

#define PASTED(way, flavour, name) liburcu_ ## flavour ## _ ## way ## _ ## name
#define PASTE(way, flavour, name) PASTED(way, flavour, name)
#define NAME(name) PASTE(WAY, FLAVOUR, name)

#define LONG 100

struct payload {
	volatile uint64_t value;
};

/* A quiescent state is what ends a section of QSBR. */
#ifdef QUIESCENT
#define LEAVE() do { rcu_read_unlock(); rcu_quiescent_state(); } while (0)
#else
#define LEAVE() rcu_read_unlock()
#endif

#define PLACE(skip) __asm__ volatile(".p2align 6" skip)

#define LOOPS(layout, skip)								\
static __attribute__((noinline)) uint64_t pair_ ## layout(struct payload **cell, uint64_t count)	\
{											\
	uint64_t sum = 0;								\
											\
	PLACE(skip);									\
	for (uint64_t i = 0; i < count; i++) {						\
		rcu_read_lock();							\
		sum += rcu_dereference(*cell)->value;					\
		LEAVE();								\
	}										\
	return sum;									\
}											\
											\
static __attribute__((noinline)) uint64_t nested_ ## layout(struct payload **cell, uint64_t count)	\
{											\
	uint64_t sum = 0;								\
											\
	PLACE(skip);									\
	for (uint64_t i = 0; i < count; i++) {						\
		rcu_read_lock();							\
		rcu_read_lock();							\
		sum += rcu_dereference(*cell)->value;					\
		rcu_read_unlock();							\
		LEAVE();								\
	}										\
	return sum;									\
}											\
											\
static __attribute__((noinline)) uint64_t outer_ ## layout(struct payload **cell, uint64_t count)	\
{											\
	uint64_t sum = 0;								\
											\
	rcu_read_lock();								\
	PLACE(skip);									\
	for (uint64_t i = 0; i < count; i++) {						\
		rcu_read_lock();							\
		sum += rcu_dereference(*cell)->value;					\
		rcu_read_unlock();							\
	}										\
	LEAVE();									\
	return sum;									\
}											\
											\
static __attribute__((noinline)) uint64_t long_ ## layout(struct payload **cell, uint64_t count)	\
{											\
	uint64_t sum = 0;								\
											\
	PLACE(skip);									\
	for (uint64_t i = 0; i < count; i++) {						\
		rcu_read_lock();							\
		for (int load = 0; load < LONG; load++)					\
			sum += rcu_dereference(*cell)->value;				\
		LEAVE();								\
	}										\
	return sum;									\
}

LOOPS(0, "")
LOOPS(1, "\n\t.skip 32, 0x90")

/* So many sections of a shape, as numbered in rivals.rs: the sum of what they read. */
uint64_t NAME(sections)(struct payload **cell, uint32_t shape, uint32_t layout, uint64_t count)
{
	static uint64_t (*const loops[4][2])(struct payload **, uint64_t) = {
		{ pair_0, pair_1 }, { nested_0, nested_1 }, { outer_0, outer_1 }, { long_0, long_1 },
	};

	return loops[shape][layout](cell, count);
}

void NAME(register)(void)
{
	rcu_register_thread();
}

void NAME(unregister)(void)
{
	rcu_unregister_thread();
}

/* Around a time in which the thread does not read. */
void NAME(offline)(void)
{
	rcu_thread_offline();
}

void NAME(online)(void)
{
	rcu_thread_online();
}

#ifdef PROGRAM
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv)
{
	const uint64_t count = 10000;
	double turn = argc > 1 ? strtod(argv[1], NULL) : 1e6;
	struct payload seven = { 7 }, *cell = &seven;

	NAME(register)();
	for (int layout = 0; layout < 2; layout++) {
		double began = 0;
		uint64_t done = 0;

		/* The first ones warm up. */
		for (int turns = 0; turns < 2; turns++) {
			began = now();
			for (done = 0; now() - began < turn; done += count)
				if (NAME(sections)(&cell, 0, layout, count) != 7 * count)
					return 1;
		}
		printf("%.4f\n", (now() - began) / done);
	}
	NAME(unregister)();
	return 0;
}
#endif
