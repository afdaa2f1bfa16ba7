/* Breakpoints and watchpoints: QEMU's flags, order and return codes; and a CPU that looks while a debugger changes them. */
#include "test.h"
#include <debug_tables.h>
#include <errno.h>
#include <rcu.h>

static int invalidations;
static uint64_t last_invalidated;

static void invalidate(void *data, uint64_t first, uint64_t last)
{
	CHECK(data == &invalidations && first <= last);
	invalidations++;
	last_invalidated = last;
}

static void breakpoints(void)
{
	struct breakpoint_table *table = breakpoint_table_new(invalidate, &invalidations);
	struct breakpoint_table *child = breakpoint_table_new(NULL, NULL);
	struct rcu_capi_breakpoint found, entries[4];
	uint64_t generation = breakpoint_generation(table);

	CHECK(!breakpoint_test(table, 0x1000, BP_ANY));
	CHECK(breakpoint_insert(table, 0x1000, BP_CPU) == 0);
	CHECK(breakpoint_insert(table, 0x2000, BP_GDB) == 0);
	CHECK(invalidations == 2 && last_invalidated == 0x2000);
	CHECK(!breakpoint_is_current(table, generation));
	CHECK(breakpoint_is_current(table, breakpoint_generation(table)));
	CHECK(breakpoint_insert(table, 0x1000, 0x8) == -EINVAL);
	CHECK(breakpoint_test(table, 0x1000, BP_ANY) && !breakpoint_test(table, 0x1000, BP_GDB));
	CHECK(breakpoint_any_in(table, 0x1800, 0x2000) && !breakpoint_any_in(table, 0x1001, 0x1fff));

	/* The debugger's come first. */
	CHECK(breakpoint_list(table, entries, 4) == 2);
	CHECK(entries[0].pc == 0x2000 && entries[0].flags == BP_GDB && entries[1].pc == 0x1000);
	CHECK(breakpoint_list(table, entries, 1) == 2);

	CHECK(breakpoint_insert_with_ref(table, 0x3000, BP_CPU, 7) == 0);
	CHECK(breakpoint_insert_with_ref(table, 0x3000, BP_CPU, 0) == -ENOENT);
	CHECK(breakpoint_get_by_ref(table, 7, &found) && found.pc == 0x3000 && found.reference == 7);
	CHECK(!breakpoint_get_by_ref(table, 8, &found) && !breakpoint_get_by_ref(table, 0, &found));
	CHECK(breakpoint_first_match(table, 0x3000, BP_CPU, &found) && found.flags == BP_CPU);
	CHECK(!breakpoint_first_match(table, 0x3000, BP_GDB, &found));
	CHECK(breakpoint_inherit(child, table, BP_GDB) == 1 && breakpoint_test(child, 0x2000, BP_GDB));

	CHECK(breakpoint_remove(table, 0x2000, BP_CPU) == -ENOENT);
	CHECK(breakpoint_remove(table, 0x2000, BP_GDB) == 0);
	CHECK(breakpoint_remove_by_ref(table, 7) == 0 && breakpoint_remove_by_ref(table, 7) == -ENOENT);
	CHECK(breakpoint_remove_all(table, BP_ANY) == 1);
	CHECK(!breakpoint_test(table, 0x1000, BP_ANY));
	breakpoint_table_free(table);
	breakpoint_table_free(child);
	breakpoint_table_free(NULL);
}

static bool never(void *data, const struct rcu_capi_watchpoint *watchpoint)
{
	CHECK(watchpoint->flags & BP_CPU);
	++*(int *)data;
	return false;
}

static void watchpoints(void)
{
	struct watchpoint_table *table = watchpoint_table_new(NULL, NULL);
	struct rcu_capi_watchpoint found;
	struct rcu_capi_watchpoint_hit hit;
	int asked = 0;

	CHECK(watchpoint_insert(table, 0x1004, 4, BP_GDB | BP_MEM_WRITE) == 0);
	CHECK(watchpoint_insert(table, 0x1004, 0, BP_GDB | BP_MEM_WRITE) == -EINVAL);
	CHECK(watchpoint_insert(table, UINT64_MAX, 2, BP_GDB | BP_MEM_WRITE) == -EINVAL);
	CHECK(watchpoint_insert(table, UINT64_MAX, 1, BP_CPU | BP_MEM_READ) == 0);
	CHECK(watchpoint_insert_with_ref(table, 0x2000, 8, BP_CPU | BP_MEM_READ, 9) == 0);
	CHECK(watchpoint_matches(table, 0x1000, 4096) == (BP_GDB | BP_MEM_WRITE));
	CHECK(watchpoint_any_in(table, 0x2007, 0x3000) && !watchpoint_any_in(table, 0x2008, 0x3000));

	CHECK(!watchpoint_check(table, 0x1000, 8, BP_MEM_READ, NULL, NULL, &hit));
	CHECK(watchpoint_check(table, 0x1000, 8, BP_MEM_WRITE, NULL, NULL, &hit));
	CHECK(hit.hit_addr == 0x1004 && hit.flags == (BP_GDB | BP_MEM_WRITE | BP_HIT_WRITE));
	CHECK(hit.watchpoint.addr == 0x1004 && hit.watchpoint.len == 4);
	CHECK(watchpoint_check(table, UINT64_MAX, 1, BP_MEM_READ, NULL, NULL, &hit));
	CHECK(!watchpoint_check(table, 0x2000, 4, BP_MEM_READ, never, &asked, &hit) && asked == 1);

	CHECK(watchpoint_get_by_ref(table, 9, &found) && found.addr == 0x2000);
	CHECK(watchpoint_list(table, &found, 1) == 3 && found.addr == 0x1004);
	CHECK(watchpoint_remove_by_ref(table, 9) == 0);
	CHECK(watchpoint_remove(table, 0x1004, 4, BP_GDB | BP_MEM_WRITE | BP_HIT_WRITE) == 0);
	CHECK(watchpoint_remove(table, 0x1004, 4, BP_GDB | BP_MEM_WRITE) == -ENOENT);
	CHECK(watchpoint_remove_all(table, BP_ANY) == 1);
	CHECK(watchpoint_is_current(table, watchpoint_generation(table)));
	CHECK(watchpoint_inherit(table, table, BP_ANY) == 0);
	watchpoint_table_free(table);
}

static int stop;

static void *cpu(void *data)
{
	struct breakpoint_table *table = (struct breakpoint_table *)data;
	uint64_t hits = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		CHECK(breakpoint_test(table, 0x1000, BP_GDB));
		hits += breakpoint_test(table, 0x2000, BP_GDB);
	}
	return hits > 0 ? data : NULL;
}

static void changes_under_a_cpu(void)
{
	struct breakpoint_table *table = breakpoint_table_new(NULL, NULL);
	pthread_t thread;
	void *hit;

	breakpoint_insert(table, 0x1000, BP_GDB);
	thread = start(cpu, table);
	for (int i = 0; i < 20000; i++) {
		CHECK(breakpoint_insert(table, 0x2000, BP_GDB) == 0);
		CHECK(breakpoint_remove(table, 0x2000, BP_GDB) == 0);
	}
	CHECK(breakpoint_insert(table, 0x2000, BP_GDB) == 0);
	usleep(50000);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	step("the CPU to end");
	CHECK(pthread_join(thread, &hit) == 0 && hit);
	breakpoint_table_free(table);
	step("drain_call_rcu");
	drain_call_rcu();
}

int main(void)
{
	watchdog(60);
	breakpoints();
	watchpoints();
	changes_under_a_cpu();
	puts("tables: ok");
	return 0;
}
