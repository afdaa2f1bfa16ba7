/* C and Rust in one program: sections nest in each other on one record, and a wait inside either's section aborts. The Rust part is
 * examples/mixed.rs. */
#include "test.h"
#include <rcu.h>
#include <sys/wait.h>

/* In Rust. */
void mixed_nest(void (*inside)(void));
void mixed_synchronize(void);
bool mixed_is_inside(void);

static void nest_again(void)
{
	CHECK(rcu_read_ongoing());
	rcu_read_lock();
	CHECK(mixed_is_inside());
	rcu_read_unlock();
	CHECK(mixed_is_inside());
}

static void nesting(void)
{
	CHECK(!mixed_is_inside());
	rcu_read_lock();
	CHECK(mixed_is_inside());
	mixed_nest(nest_again);
	CHECK(mixed_is_inside());
	rcu_read_unlock();
	CHECK(!mixed_is_inside());
	mixed_nest(nest_again);
	CHECK(!rcu_read_ongoing());
}

static void rust_waits_in_a_section_of_c(void)
{
	rcu_read_lock();
	mixed_synchronize();
}

static void c_waits_in_a_section_of_rust(void)
{
	mixed_nest(synchronize_rcu);
}

static void dies(void (*run)(void), const char *message)
{
	char said[4096] = "";
	size_t length = 0;
	ssize_t more;
	int status, pipes[2];
	pid_t child;

	CHECK(pipe(pipes) == 0);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		alarm(20);
		dup2(pipes[1], 2);
		run();
		_exit(0);
	}
	close(pipes[1]);
	while ((more = read(pipes[0], said + length, sizeof(said) - 1 - length)) > 0)
		length += (size_t)more;
	close(pipes[0]);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	CHECK(strstr(said, message));
}

static int inside, leave, waited;

static void stays(void)
{
	__atomic_store_n(&inside, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&leave, __ATOMIC_ACQUIRE))
		usleep(100);
}

/* Rust's guard is the outer one, and C's lock and unlock come and go in it: the section does not end with them. */
static void *reads(void *data)
{
	(void)data;
	mixed_nest(nest_again);
	mixed_nest(stays);
	return NULL;
}

static void *waits(void *data)
{
	(void)data;
	synchronize_rcu();
	__atomic_store_n(&waited, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void waits_for_each_other(void)
{
	pthread_t reader = start(reads, NULL), updater;

	step("the reader in Rust to enter");
	while (!__atomic_load_n(&inside, __ATOMIC_ACQUIRE))
		usleep(100);
	updater = start(waits, NULL);
	usleep(50000);
	CHECK(!__atomic_load_n(&waited, __ATOMIC_ACQUIRE));
	__atomic_store_n(&leave, 1, __ATOMIC_RELEASE);
	step("the updater in C, and it for the reader in Rust");
	join(reader);
	join(updater);
}

int main(void)
{
	watchdog(60);
	nesting();
	dies(rust_waits_in_a_section_of_c, "synchronize called from a read-side critical section");
	dies(c_waits_in_a_section_of_rust, "synchronize_rcu called from a read-side critical section");
	waits_for_each_other();
	puts("mixed: ok");
	return 0;
}
