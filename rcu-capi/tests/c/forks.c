/* After fork(), parent and child both read, wait and call, with what was queued before, and other threads at work. */
#include "test.h"
#include <rcu.h>
#include <sys/wait.h>

static int ran, stop;

static void callback(struct rcu_head *head)
{
	__atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
	free(head);
}

static void queue(void)
{
	struct rcu_head *head = (struct rcu_head *)malloc(sizeof(*head));

	CHECK(head);
	call_rcu1(head, callback);
}

static void *works(void *data)
{
	(void)data;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		rcu_read_lock();
		rcu_read_unlock();
		queue();
		synchronize_rcu();
	}
	return NULL;
}

static void use(void)
{
	rcu_read_lock();
	CHECK(rcu_read_ongoing());
	rcu_read_unlock();
	queue();
	step("synchronize_rcu");
	synchronize_rcu();
	step("drain_call_rcu");
	drain_call_rcu();
}

static void *enters_and_forks(void *data)
{
	pid_t child;
	int status;

	(void)data;
	/* A section of the thread that forks goes on in both. */
	rcu_read_lock();
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		watchdog(20);
		CHECK(rcu_read_ongoing());
		rcu_read_unlock();
		use();
		CHECK(ran > 0);
		_exit(0);
	}
	rcu_read_unlock();
	step("a child");
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	return NULL;
}

static int in_call, call_ends, call_ended;

static void notify(struct rcu_notifier *notifier, void *data)
{
	(void)notifier;
	(void)data;
	__atomic_store_n(&in_call, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&call_ends, __ATOMIC_ACQUIRE))
		usleep(100);
	usleep(20000);
	__atomic_store_n(&call_ended, 1, __ATOMIC_RELEASE);
}

static void *waits(void *data)
{
	(void)data;
	synchronize_rcu();
	return NULL;
}

/* In a child, of a notifier that was added before: the removal waits for a call that is under way there. */
static void removes_in_child(struct rcu_notifier *notifier)
{
	pthread_t waiter;

	rcu_read_lock();
	waiter = start(waits, NULL);
	step("the notifier to be called");
	while (!__atomic_load_n(&in_call, __ATOMIC_ACQUIRE))
		usleep(100);
	rcu_read_unlock();
	__atomic_store_n(&call_ends, 1, __ATOMIC_RELEASE);
	step("the removal");
	rcu_remove_force_rcu_notifier(notifier);
	CHECK(__atomic_load_n(&call_ended, __ATOMIC_ACQUIRE));
	memset(notifier, 0xee, sizeof(*notifier));
	step("synchronize_rcu");
	join(waiter);
	use();
}

static void *adds_and_forks(void *data)
{
	static struct rcu_notifier notifier = { notify, NULL, 0 };
	pid_t child;
	int status;

	(void)data;
	rcu_add_force_rcu_notifier(&notifier);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		watchdog(20);
		removes_in_child(&notifier);
		_exit(0);
	}
	step("a child that removes a notifier");
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	rcu_remove_force_rcu_notifier(&notifier);
	return NULL;
}

int main(void)
{
	pthread_t worker;

	watchdog(60);
	use();
	worker = start(works, NULL);
	for (int i = 0; i < 50; i++)
		join(start(enters_and_forks, NULL));
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	step("the worker to end");
	join(worker);
	use();
	join(start(adds_and_forks, NULL));
	puts("forks: ok, 51 children");
	return 0;
}
