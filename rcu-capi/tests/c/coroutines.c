/* Coroutines that migrate between threads: each is inside a section now and then, and on another thread when it enters the next. Built with
 * RCU_COROUTINE_SAFE. A coroutine that finds the record of the thread it was on before has a section open there, for ever or not at
 * all: either aborts. */
#include "test.h"
#include <rcu.h>
#include <sched.h>
#include <ucontext.h>

#define COROUTINES 16
#define TURNS 20000
#define STACK 65536

struct coroutine {
	ucontext_t context;
	ucontext_t *resumer;
	char *stack;
	int done;
};

static struct coroutine coroutines[COROUTINES];
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static struct coroutine *queue[COROUTINES];
static int queued, left = COROUTINES;
static int *published, migrations;

static void yield(struct coroutine *self)
{
	CHECK(swapcontext(&self->context, self->resumer) == 0);
}

static __thread int thread_number;

/* Not inlined: the compiler may not keep the address of this thread-local either. */
static __attribute__((noinline)) int where(void)
{
	__asm__ volatile("");
	return thread_number;
}

static void body(unsigned number)
{
	struct coroutine *self = &coroutines[number];
	int before = where();
#ifdef KEEPS_RECORD
	struct rcu_capi_reader *kept;

	rcu_read_lock();
	rcu_read_unlock();
	kept = rcu_capi_self;
#endif

	for (int i = 0; i < TURNS; i++) {
		rcu_read_lock();
		CHECK(*rcu_dereference(published) == 7);
		rcu_read_unlock();
		yield(self);
		if (where() != before)
			__atomic_fetch_add(&migrations, 1, __ATOMIC_RELAXED);
		before = where();
#ifdef KEEPS_RECORD
		/* What a compiler does that keeps the address across the switch. */
		rcu_capi_self = kept;
#endif
		/* The library looks where this thread's record is: had another one been found here, this thread would be outside. */
		rcu_read_lock();
		CHECK(rcu_read_ongoing());
		rcu_read_unlock();
		CHECK(!rcu_read_ongoing());
	}
	self->done = 1;
	yield(self);
}

static struct coroutine *next(void)
{
	struct coroutine *coroutine = NULL;

	pthread_mutex_lock(&queue_lock);
	if (queued > 0) {
		coroutine = queue[0];
		memmove(queue, queue + 1, sizeof(*queue) * (size_t)--queued);
	}
	pthread_mutex_unlock(&queue_lock);
	return coroutine;
}

static void put_back(struct coroutine *coroutine)
{
	pthread_mutex_lock(&queue_lock);
	queue[queued++] = coroutine;
	pthread_mutex_unlock(&queue_lock);
}

static void *run(void *data)
{
	ucontext_t own;
	unsigned resumed = 0;

	thread_number = (int)(intptr_t)data;
	while (__atomic_load_n(&left, __ATOMIC_RELAXED) > 0) {
		struct coroutine *coroutine = next();

		if (!coroutine)
			continue;
		coroutine->resumer = &own;
		CHECK(swapcontext(&own, &coroutine->context) == 0);
		if (coroutine->done)
			__atomic_fetch_sub(&left, 1, __ATOMIC_RELAXED);
		else
			put_back(coroutine);
		/* Others are to have their turns, also on one processor. */
		if (++resumed % 16 == 0)
			sched_yield();
	}
	return NULL;
}

static void *updates(void *data)
{
	(void)data;
	while (__atomic_load_n(&left, __ATOMIC_RELAXED) > 0) {
		int *new_value = (int *)malloc(sizeof(int)), *old;

		CHECK(new_value);
		*new_value = 7;
		old = rcu_xchg_pointer(&published, new_value);
		synchronize_rcu();
		*old = 0;
		free(old);
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[3], updater;

	watchdog(100);
	published = (int *)malloc(sizeof(int));
	CHECK(published);
	*published = 7;
	for (unsigned i = 0; i < COROUTINES; i++) {
		struct coroutine *coroutine = &coroutines[i];

		coroutine->stack = (char *)malloc(STACK);
		CHECK(coroutine->stack && getcontext(&coroutine->context) == 0);
		coroutine->context.uc_stack.ss_sp = coroutine->stack;
		coroutine->context.uc_stack.ss_size = STACK;
		makecontext(&coroutine->context, (void (*)(void))body, 1, i);
		queue[queued++] = coroutine;
	}
	step("the coroutines, or the updater for a section that one of them left open on another thread");
	for (int i = 0; i < 3; i++)
		threads[i] = start(run, (void *)(intptr_t)i);
	updater = start(updates, NULL);
	for (int i = 0; i < 3; i++)
		join(threads[i]);
	join(updater);
	for (int i = 0; i < COROUTINES; i++)
		free(coroutines[i].stack);
	free(published);
	CHECK(migrations > 0);
	printf("coroutines: ok, %d migrations\n", migrations);
	return 0;
}
