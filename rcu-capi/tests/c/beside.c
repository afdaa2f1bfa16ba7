/* Two static libraries in Rust in one program, each with a runtime of its own: both work, and each aborts or unwinds as it should. */
#include "test.h"
#include <rcu.h>

/* In Rust, in other.rs. */
uint32_t other_echo(uint32_t number);

static uint32_t echoed;

static void callback(struct rcu_head *head)
{
	free(head);
	echoed = other_echo(7);
}

int main(void)
{
	struct rcu_head *head = (struct rcu_head *)malloc(sizeof(*head));

	watchdog(60);
	CHECK(head && other_echo(5) == 5);
	call_rcu1(head, callback);
	step("drain_call_rcu");
	drain_call_rcu();
	CHECK(echoed == 7);
	puts("beside: ok");
	return 0;
}
