/* The pipe of ages. The current element has age 0. One that is replaced has age 1 and is handed to a callback, which makes it older by one and
 * hands it over again, until it has gone through all ages and is used anew: each age above 1 is a grace period. A reader looks up the
 * current element, and looks at its age before it leaves: it may have been replaced, but if it is older than 1, a grace period has ended
 * while the section was open.
 *
 *     torture read|update|mixed SECONDS [no-membarrier]
 *
 * Built with -DLIBURCU it tortures liburcu's membarrier flavour. */
#ifdef LIBURCU
#define _LGPL_SOURCE
#include <urcu/urcu-memb.h>
#define NAME "liburcu"
#define rcu_read_lock urcu_memb_read_lock
#define rcu_read_unlock urcu_memb_read_unlock
#define call_rcu urcu_memb_call_rcu
#define rcu_barrier urcu_memb_barrier
#define rcu_register_thread urcu_memb_register_thread
#define rcu_unregister_thread urcu_memb_unregister_thread
#define synchronize_rcu urcu_memb_synchronize_rcu
#else
#include <urcu_compat.h>
#define NAME "rcu_capi"
#endif

#include "test.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <semaphore.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#define AGES 10
#define ELEMENTS (10 * AGES)

struct element {
	struct rcu_head head;
	int age;
	struct element *next_free;
};

static struct element elements[ELEMENTS], *current, *spare;
static pthread_mutex_t spares = PTHREAD_MUTEX_INITIALIZER;
static sem_t spare_count;
static int stop;
static unsigned long reads, updates, ages[AGES + 1];

/* Waits while all are on their way. */
static struct element *take_spare(void)
{
	struct element *element;

	while (sem_wait(&spare_count) != 0)
		CHECK(errno == EINTR);
	pthread_mutex_lock(&spares);
	element = spare;
	spare = element->next_free;
	pthread_mutex_unlock(&spares);
	return element;
}

static void get_older(struct rcu_head *head)
{
	struct element *element = caa_container_of(head, struct element, head);
	int age = __atomic_load_n(&element->age, __ATOMIC_RELAXED) + 1;

	__atomic_store_n(&element->age, age, __ATOMIC_RELAXED);
	if (age < AGES) {
		call_rcu(&element->head, get_older);
		return;
	}
	pthread_mutex_lock(&spares);
	element->next_free = spare;
	spare = element;
	pthread_mutex_unlock(&spares);
	sem_post(&spare_count);
}

static void *read_elements(void *data)
{
	unsigned long seen[AGES + 1] = { 0 }, count = 0;

	(void)data;
	rcu_register_thread();
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct element *element;
		int age;

		rcu_read_lock();
		element = rcu_dereference(current);
		if (count++ % 64 == 0)
			for (int i = 0; i < 200; i++)
				__atomic_signal_fence(__ATOMIC_SEQ_CST);
		age = __atomic_load_n(&element->age, __ATOMIC_RELAXED);
		rcu_read_unlock();
		seen[age]++;
	}
	rcu_unregister_thread();
	__atomic_fetch_add(&reads, count, __ATOMIC_RELAXED);
	for (int age = 0; age <= AGES; age++)
		__atomic_fetch_add(&ages[age], seen[age], __ATOMIC_RELAXED);
	return NULL;
}

static void *update_elements(void *data)
{
	unsigned long count = 0;

	(void)data;
	rcu_register_thread();
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct element *element = take_spare(), *old;

		__atomic_store_n(&element->age, 0, __ATOMIC_RELAXED);
		old = rcu_xchg_pointer(&current, element);
		count++;
#ifdef TOO_EARLY
		/* A grace period that waits for nobody: what the test has to notice. */
		__atomic_store_n(&old->age, 2, __ATOMIC_RELAXED);
#else
		__atomic_store_n(&old->age, 1, __ATOMIC_RELAXED);
#endif
		call_rcu(&old->head, get_older);
	}
	rcu_unregister_thread();
	__atomic_fetch_add(&updates, count, __ATOMIC_RELAXED);
	return NULL;
}

/* The kernel refuses membarrier from now on, as one that does not have it. */
static void forbid_membarrier(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(*filter), filter };

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "mixed";
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 5;
	int readers = strcmp(mode, "update") ? strcmp(mode, "read") ? 1 : 2 : 0, updaters = strcmp(mode, "read") ? 1 : 0;
	pthread_t threads[4];
	unsigned long stale = 0;
	int count = 0;

	watchdog(seconds + 60);
	if (argc > 3 && !strcmp(argv[3], "no-membarrier"))
		forbid_membarrier();
	CHECK(sem_init(&spare_count, 0, ELEMENTS - 1) == 0);
	for (int i = 1; i < ELEMENTS; i++) {
		elements[i].next_free = spare;
		spare = &elements[i];
	}
	current = &elements[0];
	for (int i = 0; i < readers; i++)
		threads[count++] = start(read_elements, NULL);
	for (int i = 0; i < updaters; i++)
		threads[count++] = start(update_elements, NULL);
	sleep(seconds);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	step("readers and updaters to end");
	for (int i = 0; i < count; i++)
		join(threads[i]);
	rcu_register_thread();
	step("rcu_barrier, for each age");
	for (int age = 0; age <= AGES; age++)
		rcu_barrier();
	rcu_unregister_thread();
	for (int age = 2; age <= AGES; age++)
		stale += ages[age];
	printf("torture %s %s %u s: reads %lu updates/s %lu age0 %lu age1 %lu stale %lu\n", NAME, mode, seconds, reads,
	       updates / seconds, ages[0], ages[1], stale);
	CHECK(readers == 0 || reads > 0);
	CHECK(updaters == 0 || updates > AGES);
	return stale != 0;
}
