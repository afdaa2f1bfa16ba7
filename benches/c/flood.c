/* The flood of rcu-core/examples/flood.rs through liburcu's membarrier flavour: `flood N`. Each callback frees a heap node of 32
 * bytes and adds its number to a sum; a reader enters and leaves. Built by ci/flood.sh with -O2 and liburcu's inlined readers. */
#define _LGPL_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <urcu/urcu-memb.h>

struct node {
	struct rcu_head head;
	unsigned long number;
	unsigned long payload;
};

static unsigned long freed, sum, seven = 7, *cell = &seven;
static int stop;

static void free_node(struct rcu_head *head)
{
	struct node *node = caa_container_of(head, struct node, head);

	freed++;
	sum += node->number;
	free(node);
}

static void *reads(void *unused)
{
	(void)unused;
	urcu_memb_register_thread();
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		for (int i = 0; i < 1000; i++) {
			urcu_memb_read_lock();
			if (*rcu_dereference(cell) != 7)
				abort();
			urcu_memb_read_unlock();
		}
	}
	urcu_memb_unregister_thread();
	return NULL;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	struct rusage usage;
	pthread_t reader;
	double begin;

	urcu_memb_register_thread();
	if (pthread_create(&reader, NULL, reads, NULL))
		return 1;
	begin = now();
	for (unsigned long i = 0; i < n; i++) {
		struct node *node = malloc(sizeof(*node));

		if (!node)
			return 1;
		node->number = i;
		node->payload = i;
		urcu_memb_call_rcu(&node->head, free_node);
	}
	urcu_memb_barrier();
	double seconds = now() - begin;

	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(reader, NULL);
	getrusage(RUSAGE_SELF, &usage);
	if (freed != n || sum != n / 2 * (n - 1) + (n & 1) * ((n - 1) / 2))
		return 1;
	printf("liburcu callbacks %lu seconds %.2f peak_rss_mib %.1f\n", n, seconds, usage.ru_maxrss / 1024.0);
	urcu_memb_unregister_thread();
	return 0;
}
