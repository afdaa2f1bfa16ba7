/* Each broken rule ends the process, with a message that names the function and the rule. Each in a child of its own. */
#include "test.h"
#include <rcu.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void unlock_without_lock(void)
{
	rcu_read_unlock();
}

static void one_unlock_too_many(void)
{
	rcu_read_lock();
	rcu_read_unlock();
	rcu_read_unlock();
}

static void unlock_without_lock_by_call(void)
{
	rcu_capi_read_lock_call();
	rcu_capi_read_unlock_call();
	rcu_capi_read_unlock_call();
}

static void reader_is_not_registered(void)
{
	rcu_set_auto_register(false);
	rcu_register_thread();
	rcu_read_lock();
	rcu_read_unlock();
	rcu_unregister_thread();
	rcu_read_lock();
}

static void synchronize_inside(void)
{
	rcu_read_lock();
	synchronize_rcu();
}

static void drain_inside(void)
{
	rcu_read_lock();
	drain_call_rcu();
}

static void cond_synchronize_inside(void)
{
	rcu_read_lock();
	cond_synchronize_rcu(start_poll_synchronize_rcu());
}

static void registered_twice(void)
{
	rcu_register_thread();
	rcu_register_thread();
}

static void unregistered_twice(void)
{
	rcu_register_thread();
	rcu_unregister_thread();
	rcu_unregister_thread();
}

static void unregister_inside(void)
{
	rcu_register_thread();
	rcu_read_lock();
	rcu_unregister_thread();
}

static void *ends_inside(void *unused)
{
	(void)unused;
	rcu_read_lock();
	return NULL;
}

static void thread_ends_inside(void)
{
	join(start(ends_inside, NULL));
}

static void nothing(struct rcu_head *head)
{
	(void)head;
}

static void queued_twice(void)
{
	static struct rcu_head head;

	rcu_read_lock();
	call_rcu1(&head, nothing);
	call_rcu1(&head, nothing);
}

static void waits(struct rcu_head *head)
{
	(void)head;
	synchronize_rcu();
}

static void synchronize_in_callback(void)
{
	static struct rcu_head head;

	call_rcu1(&head, waits);
	drain_call_rcu();
}

static void drains(struct rcu_head *head)
{
	(void)head;
	drain_call_rcu();
}

static void drain_in_callback(void)
{
	static struct rcu_head head;

	call_rcu1(&head, drains);
	drain_call_rcu();
}

static void too_deep(void)
{
	for (int i = 0; i < 40000; i++)
		rcu_read_lock();
}

static void notifier_was_not_added(void)
{
	static struct rcu_notifier notifier;

	rcu_remove_force_rcu_notifier(&notifier);
}

static void ignores(struct rcu_notifier *notifier, void *data)
{
	(void)notifier;
	(void)data;
}

static struct rcu_notifier added = { ignores, NULL, 0 };

static void notifier_was_added_twice(void)
{
	rcu_add_force_rcu_notifier(&added);
	rcu_add_force_rcu_notifier(&added);
}

static void notifier_was_copied(void)
{
	struct rcu_notifier copy;

	rcu_add_force_rcu_notifier(&added);
	copy = added;
	rcu_remove_force_rcu_notifier(&copy);
}

static void unregister_with_a_notifier(void)
{
	rcu_register_thread();
	rcu_add_force_rcu_notifier(&added);
	rcu_unregister_thread();
}

static void poll_for_no_cookie(void)
{
	start_poll_synchronize_rcu();
	poll_state_synchronize_rcu(UINT64_MAX);
}

static void poll_for_zero(void)
{
	poll_state_synchronize_rcu(0);
}

static void wait_for_no_cookie(void)
{
	cond_synchronize_rcu(UINT64_MAX);
}

static void call_of_nothing(void)
{
	static struct rcu_head head;

	call_rcu1(&head, NULL);
}

static void call_without_a_head(void)
{
	call_rcu1(NULL, nothing);
}

static const struct {
	const char *name;
	void (*run)(void);
	const char *message;
} cases[] = {
	{ "unlock_without_lock", unlock_without_lock, "rcu_read_unlock called outside a read-side critical section" },
	{ "one_unlock_too_many", one_unlock_too_many, "rcu_read_unlock called outside a read-side critical section" },
	{ "unlock_without_lock_by_call", unlock_without_lock_by_call, "rcu_read_unlock called outside a read-side critical section" },
	{ "reader_is_not_registered", reader_is_not_registered, "rcu_read_lock: the thread is not registered" },
	{ "synchronize_inside", synchronize_inside, "synchronize_rcu called from a read-side critical section" },
	{ "drain_inside", drain_inside, "drain_call_rcu called from a read-side critical section" },
	{ "cond_synchronize_inside", cond_synchronize_inside, "cond_synchronize_rcu called from a read-side critical section" },
	{ "registered_twice", registered_twice, "rcu_register_thread: the thread is registered already" },
	{ "unregistered_twice", unregistered_twice, "rcu_unregister_thread: the thread was not registered" },
	{ "unregister_inside", unregister_inside, "rcu_unregister_thread called from a read-side critical section" },
	{ "thread_ends_inside", thread_ends_inside, "a thread ends inside a read-side critical section" },
	{ "queued_twice", queued_twice, "call_rcu1: the head is queued already" },
	{ "synchronize_in_callback", synchronize_in_callback, "synchronize_rcu called from a callback" },
	{ "drain_in_callback", drain_in_callback, "drain_call_rcu called from a callback" },
	{ "too_deep", too_deep, "read_lock: more than 32767 nested sections" },
	{ "notifier_was_not_added", notifier_was_not_added, "rcu_remove_force_rcu_notifier: the notifier is not registered" },
	{ "notifier_was_added_twice", notifier_was_added_twice, "rcu_add_force_rcu_notifier: the notifier is registered already" },
	{ "notifier_was_copied", notifier_was_copied, "rcu_remove_force_rcu_notifier: the notifier is not registered" },
	{ "unregister_with_a_notifier", unregister_with_a_notifier, "rcu_unregister_thread: the thread has force-RCU notifiers" },
	{ "poll_for_no_cookie", poll_for_no_cookie, "poll_state_synchronize_rcu: 18446744073709551615 is not the number of a cookie" },
	{ "poll_for_zero", poll_for_zero, "poll_state_synchronize_rcu: 0 is not the number of a cookie" },
	{ "wait_for_no_cookie", wait_for_no_cookie, "cond_synchronize_rcu: 18446744073709551615 is not the number of a cookie" },
	{ "call_of_nothing", call_of_nothing, "call_rcu1: the function is null" },
	{ "call_without_a_head", call_without_a_head, "call_rcu1: the head is null" },
};

static void in_child(void (*run)(void), int errors)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	alarm(20);
	dup2(errors, 2);
	run();
	_exit(0);
}

int main(void)
{
	watchdog(120);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char said[4096] = "";
		size_t length = 0;
		ssize_t more;
		int status, pipes[2];
		pid_t child;

		step(cases[i].name);
		CHECK(pipe(pipes) == 0);
		child = fork();
		CHECK(child >= 0);
		if (child == 0) {
			close(pipes[0]);
			in_child(cases[i].run, pipes[1]);
		}
		close(pipes[1]);
		while ((more = read(pipes[0], said + length, sizeof(said) - 1 - length)) > 0)
			length += (size_t)more;
		close(pipes[0]);
		CHECK(waitpid(child, &status, 0) == child);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT || !strstr(said, cases[i].message)) {
			fprintf(stderr, "%s: ended with status %#x and said:\n%s\n", cases[i].name, status, said);
			return 1;
		}
	}
	printf("misuse: ok, %zu cases\n", sizeof(cases) / sizeof(*cases));
	return 0;
}
