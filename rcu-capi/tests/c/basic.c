/* Readers, pointers, grace periods, callbacks, polling, registration, statistics. */
#include "test.h"
#include <errno.h>
#include <rcu.h>

struct thing {
	struct rcu_head rcu;
	int number;
};

static struct thing *published;
static int reclaimed, order[3];

static struct thing *thing(int number)
{
	struct thing *thing = (struct thing *)malloc(sizeof(*thing));

	CHECK(thing);
	thing->number = number;
	return thing;
}

/* As GLib's. */
static void g_free(void *memory)
{
	__atomic_fetch_add(&reclaimed, 1, __ATOMIC_RELAXED);
	free(memory);
}

static void reclaim(struct thing *old)
{
	__atomic_fetch_add(&reclaimed, 1, __ATOMIC_RELAXED);
	free(old);
}

static void note_order(struct rcu_head *head)
{
	static int count;
	struct thing *thing = (struct thing *)head;

	order[count++] = thing->number;
	free(thing);
}

/* The numbers of the header are those of the library. */
static void layout(void)
{
	CHECK(rcu_capi_layout.version == RCU_CAPI_LAYOUT_VERSION);
	CHECK(rcu_capi_layout.reader_size == sizeof(struct rcu_capi_reader));
	CHECK(rcu_capi_layout.word == offsetof(struct rcu_capi_reader, word));
	CHECK(rcu_capi_layout.waiting == offsetof(struct rcu_capi_reader, waiting));
	CHECK(rcu_capi_layout.nest == RCU_CAPI_NEST);
	CHECK(rcu_capi_layout.slow == RCU_CAPI_SLOW);
	CHECK(rcu_capi_layout.head_size == sizeof(struct rcu_head));
#ifdef RCU_CAPI_PORTABLE
	CHECK(rcu_capi_layout.fence_is_full == 1);
#else
	CHECK(rcu_capi_layout.fence_is_full == 0);
#endif
}

static int guarded(bool leave)
{
	RCU_READ_LOCK_GUARD();
	CHECK(rcu_read_ongoing());
	if (leave)
		return 1;
	return 2;
}

static void sections(void)
{
	int turns = 0;

	CHECK(!rcu_read_ongoing());
	rcu_read_lock();
	for (int i = 0; i < 1000; i++)
		rcu_read_lock();
	CHECK(rcu_read_ongoing());
	for (int i = 0; i < 1000; i++)
		rcu_read_unlock();
	CHECK(rcu_read_ongoing());
	rcu_read_unlock();
	CHECK(!rcu_read_ongoing());

	CHECK(guarded(true) == 1 && guarded(false) == 2);
	CHECK(!rcu_read_ongoing());
	WITH_RCU_READ_LOCK_GUARD() {
		CHECK(rcu_read_ongoing());
		turns++;
	}
	CHECK(turns == 1 && !rcu_read_ongoing());
	for (;;) {
		WITH_RCU_READ_LOCK_GUARD() {
			if (turns++)
				break;
		}
		if (turns)
			break;
	}
	CHECK(!rcu_read_ongoing());
}

static void pointers(void)
{
	struct thing *one = thing(1), *two = thing(2), *three = thing(3);

	rcu_assign_pointer(published, one);
	rcu_read_lock();
	CHECK(rcu_dereference(published)->number == 1);
	CHECK(qatomic_rcu_read(&published) == one);
	rcu_read_unlock();
	CHECK(rcu_xchg_pointer(&published, two) == one);
	CHECK(rcu_cmpxchg_pointer(&published, one, three) == two);
	CHECK(rcu_cmpxchg_pointer(&published, two, three) == two);
	CHECK(rcu_dereference(published) == three);
	qatomic_rcu_set(&published, (struct thing *)NULL);
	step("synchronize_rcu");
	synchronize_rcu();
	free(one);
	call_rcu(two, reclaim, rcu);
	free_rcu(three, rcu);
	step("drain_call_rcu");
	drain_call_rcu();
	CHECK(reclaimed == 1);
	g_free_rcu(thing(4), rcu);
	drain_call_rcu();
	CHECK(reclaimed == 2);
}

static void callbacks(void)
{
	for (int i = 0; i < 3; i++)
		call_rcu1(&thing(i)->rcu, note_order);
	step("drain_call_rcu, three callbacks");
	drain_call_rcu();
	for (int i = 0; i < 3; i++)
		CHECK(order[i] == i);
	/* A head may be queued again when its callback has run, and in memory that was a queued head's. */
	for (int i = 0; i < 1000; i++)
		call_rcu(thing(i), reclaim, rcu);
	drain_call_rcu();
	CHECK(reclaimed == 1002);
}

static void polling(void)
{
	uint64_t number;

	rcu_read_lock();
	number = start_poll_synchronize_rcu();
	CHECK(!poll_state_synchronize_rcu(number));
	rcu_read_unlock();
	step("the callback thread to drive what is polled for");
	while (!poll_state_synchronize_rcu(number))
		usleep(100);
	cond_synchronize_rcu(number);
}

static int inside, leave;

static void *reads(void *data)
{
	(void)data;
	rcu_read_lock();
	__atomic_store_n(&inside, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&leave, __ATOMIC_ACQUIRE))
		usleep(100);
	rcu_read_unlock();
	return NULL;
}

static void *synchronizes(void *data)
{
	synchronize_rcu();
	__atomic_store_n((int *)data, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* A grace period waits for an inlined reader, and is woken by it. */
static void grace_period_waits(void)
{
	int done = 0;
	pthread_t reader = start(reads, NULL), updater;

	step("the reader to enter");
	while (!__atomic_load_n(&inside, __ATOMIC_ACQUIRE))
		usleep(100);
	updater = start(synchronizes, &done);
	usleep(50000);
	CHECK(!__atomic_load_n(&done, __ATOMIC_ACQUIRE));
	__atomic_store_n(&leave, 1, __ATOMIC_RELEASE);
	step("the reader, and the updater that waits for it");
	join(reader);
	join(updater);
	CHECK(done);
}

static void *registers(void *data)
{
	(void)data;
	for (int i = 0; i < 3; i++) {
		rcu_register_thread();
		rcu_read_lock();
		rcu_read_unlock();
		rcu_unregister_thread();
	}
	/* By itself again. */
	rcu_read_lock();
	rcu_read_unlock();
	/* After it has registered by itself. */
	rcu_register_thread();
	return NULL;
}

static uint64_t readers(void)
{
	struct rcu_stats stats;

	stats.size = sizeof(stats);
	CHECK(rcu_get_stats(&stats) == 0);
	return stats.readers;
}

static void registration(void)
{
	uint64_t before = readers();

	step("a thread that registers and ends");
	join(start(registers, NULL));
	CHECK(readers() == before);
}

static void statistics(void)
{
	struct rcu_stats stats;
	struct {
		uint32_t version;
		uint32_t size;
		uint64_t grace_periods;
		uint64_t not_ours;
	} old = { 0, 16, 0, 42 };

	stats.size = sizeof(stats) + 100;
	CHECK(rcu_get_stats(&stats) == 0);
	CHECK(stats.version == 1 && stats.size == sizeof(stats));
	CHECK(stats.callbacks_run == stats.callbacks_queued && stats.callbacks_pending == 0);
	CHECK(stats.grace_periods > 0);
	/* A program that knows fewer numbers gets those. */
	CHECK(rcu_get_stats((struct rcu_stats *)(void *)&old) == 0);
	CHECK(old.size == 16 && old.grace_periods > 0 && old.not_ours == 42);
	stats.size = 4;
	CHECK(rcu_get_stats(&stats) == -EINVAL);
}

int main(void)
{
	watchdog(60);
	rcu_enable_atfork();
	rcu_disable_atfork();
	CHECK(rcu_init() == 0);
	layout();
	sections();
	pointers();
	callbacks();
	polling();
	grace_period_waits();
	registration();
	statistics();
	puts("basic: ok");
	return 0;
}
