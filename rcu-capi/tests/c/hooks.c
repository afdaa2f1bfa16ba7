/* The big lock, told of threads, stalls and pressure; force-RCU notifiers. */
#include "test.h"
#include <errno.h>
#include <rcu.h>

static pthread_mutex_t big_lock = PTHREAD_MUTEX_INITIALIZER;
static __thread bool locked;
static int started, stalls, pressed, batches, ran;
static char stall_line[512];

static void lock(void *data)
{
	CHECK(data == &big_lock);
	CHECK(pthread_mutex_lock(&big_lock) == 0);
	locked = true;
	__atomic_fetch_add(&batches, 1, __ATOMIC_RELAXED);
}

static void unlock(void *data)
{
	(void)data;
	locked = false;
	CHECK(pthread_mutex_unlock(&big_lock) == 0);
}

static bool is_locked(void *data)
{
	(void)data;
	return locked;
}

static void thread_started(void *data)
{
	(void)data;
	CHECK(!locked);
	__atomic_fetch_add(&started, 1, __ATOMIC_RELAXED);
}

static void stalled(void *data, const char *line)
{
	(void)data;
	snprintf(stall_line, sizeof(stall_line), "%s", line);
	__atomic_store_n(&stalls, 1, __ATOMIC_RELEASE);
}

static void pressure(void *data, uint64_t pending)
{
	(void)data;
	CHECK(pending >= 100);
	__atomic_store_n(&pressed, 1, __ATOMIC_RELAXED);
}

static void callback(struct rcu_head *head)
{
	CHECK(locked);
	ran++;
	free(head);
}

static void queue(int count)
{
	for (int i = 0; i < count; i++) {
		struct rcu_head *head = (struct rcu_head *)malloc(sizeof(*head));

		CHECK(head);
		call_rcu1(head, callback);
	}
}

static void set(void)
{
	struct rcu_hooks hooks;

	memset(&hooks, 0, sizeof(hooks));
	hooks.size = 8;
	CHECK(rcu_set_hooks(&hooks) == -EINVAL);
	hooks.size = sizeof(hooks);
	hooks.lock = lock;
	CHECK(rcu_set_hooks(&hooks) == -EINVAL);
	hooks.data = &big_lock;
	hooks.unlock = unlock;
	hooks.is_locked = is_locked;
	hooks.thread_started = thread_started;
	hooks.stalled = stalled;
	hooks.pressure = pressure;
	hooks.pressure_at = 100;
	CHECK(rcu_set_hooks(&hooks) == 0);
	CHECK(rcu_set_hooks(&hooks) == -EBUSY);
}

static void big(void)
{
	step("drain_call_rcu without the big lock");
	queue(1);
	drain_call_rcu();
	CHECK(ran == 1 && !locked && started == 1);
	/* The callback needs the lock that the caller holds. */
	step("drain_call_rcu with the big lock");
	lock(&big_lock);
	queue(2);
	drain_call_rcu();
	CHECK(ran == 3 && locked);
	unlock(&big_lock);
	CHECK(started == 1);
}

static void press(void)
{
	rcu_read_lock();
	queue(200);
	usleep(20000);
	queue(200);
	rcu_read_unlock();
	step("drain_call_rcu under pressure");
	drain_call_rcu();
	CHECK(pressed);
}

static int inside, leave, notified;

static void notify(struct rcu_notifier *notifier, void *data)
{
	(void)notifier;
	(void)data;
	__atomic_store_n(&notified, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&leave, 1, __ATOMIC_RELEASE);
}

static void *reads_until_notified(void *data)
{
	struct rcu_notifier notifier;

	(void)data;
	notifier.notify = notify;
	rcu_add_force_rcu_notifier(&notifier);
	rcu_read_lock();
	__atomic_store_n(&inside, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&leave, __ATOMIC_ACQUIRE))
		usleep(100);
	rcu_read_unlock();
	rcu_remove_force_rcu_notifier(&notifier);
	memset(&notifier, 0xee, sizeof(notifier));
	return NULL;
}

static void force(void)
{
	pthread_t reader = start(reads_until_notified, NULL);

	step("the reader to enter");
	while (!__atomic_load_n(&inside, __ATOMIC_ACQUIRE))
		usleep(100);
	step("synchronize_rcu, and it for a reader that leaves when it is notified");
	synchronize_rcu();
	join(reader);
	CHECK(notified);
}

static struct rcu_notifier removes_itself_notifier;

static void removes_itself(struct rcu_notifier *notifier, void *data)
{
	(void)data;
	rcu_remove_force_rcu_notifier(notifier);
	__atomic_store_n(&leave, 1, __ATOMIC_RELEASE);
}

static void *reads_until_removed(void *data)
{
	(void)data;
	removes_itself_notifier.notify = removes_itself;
	rcu_add_force_rcu_notifier(&removes_itself_notifier);
	rcu_read_lock();
	__atomic_store_n(&inside, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&leave, __ATOMIC_ACQUIRE))
		usleep(100);
	rcu_read_unlock();
	return NULL;
}

static void remove_from_within(void)
{
	pthread_t reader;

	inside = leave = 0;
	reader = start(reads_until_removed, NULL);
	while (!__atomic_load_n(&inside, __ATOMIC_ACQUIRE))
		usleep(100);
	step("synchronize_rcu, and it for a notifier that removes itself");
	synchronize_rcu();
	join(reader);
}

static void *stalls_for_long(void *data)
{
	(void)data;
	rcu_read_lock();
	__atomic_store_n(&inside, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&stalls, __ATOMIC_ACQUIRE))
		usleep(1000);
	rcu_read_unlock();
	return NULL;
}

/* Takes the ten seconds after which a stall is told. */
static void stall(void)
{
	pthread_t reader;

	inside = 0;
	reader = start(stalls_for_long, NULL);
	while (!__atomic_load_n(&inside, __ATOMIC_ACQUIRE))
		usleep(100);
	step("synchronize_rcu, and it for a reader that leaves when the stall is told");
	synchronize_rcu();
	join(reader);
	CHECK(strstr(stall_line, "a grace period has waited"));
}

int main(void)
{
	watchdog(100);
	set();
	big();
	press();
	force();
	remove_from_within();
	stall();
	CHECK(batches > 0);
	puts("hooks: ok");
	return 0;
}
