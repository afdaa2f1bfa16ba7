/* Breakpoints and watchpoints of virtual CPUs, with QEMU's flags, order and return codes. A CPU has a table of each.
 *
 * Whoever looks at a table takes no lock, and needs no section: each function has one of its own, which nests. What is found is
 * copied. Whoever changes a table publishes a new version of it, has invalidated what was translated from the old one, and returns; no
 * CPU is stopped. Changes are allowed inside sections. */
#ifndef RCU_CAPI_DEBUG_TABLES_H
#define RCU_CAPI_DEBUG_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef BP_MEM_READ
#define BP_MEM_READ 0x01
#define BP_MEM_WRITE 0x02
#define BP_MEM_ACCESS (BP_MEM_READ | BP_MEM_WRITE)
#define BP_STOP_BEFORE_ACCESS 0x04
#define BP_GDB 0x10
#define BP_CPU 0x20
#define BP_ANY (BP_GDB | BP_CPU)
#define BP_HIT_READ 0x40
#define BP_HIT_WRITE 0x80
#define BP_WATCHPOINT_HIT (BP_HIT_READ | BP_HIT_WRITE)
#endif

/* `reference` is the number by which it was inserted, or 0. */
struct rcu_capi_breakpoint {
	uint64_t pc;
	uint64_t reference;
	int flags;
};

struct rcu_capi_watchpoint {
	uint64_t addr;
	uint64_t len;
	uint64_t reference;
	int flags;
};

/* An access that a watchpoint stops. It is the CPU's to keep. `flags` are the watchpoint's, and BP_HIT_READ or BP_HIT_WRITE. */
struct rcu_capi_watchpoint_hit {
	struct rcu_capi_watchpoint watchpoint;
	uint64_t hit_addr;
	int flags;
};

struct rcu_capi_breakpoint_table;
struct rcu_capi_watchpoint_table;

/* Drops what was translated or cached of the addresses first..last. Called on the thread that changes the table, once for each range that
 * changed, after the change is published and before the changing call returns. No lock of the table is held. */
typedef void rcu_capi_invalidate(void *data, uint64_t first, uint64_t last);

/* A new table. `invalidate` may be null. Whoever frees a table sees to it that nobody uses it any more. */
struct rcu_capi_breakpoint_table *rcu_capi_breakpoint_table_new(rcu_capi_invalidate *invalidate, void *data);
struct rcu_capi_watchpoint_table *rcu_capi_watchpoint_table_new(rcu_capi_invalidate *invalidate, void *data);
void rcu_capi_breakpoint_table_free(struct rcu_capi_breakpoint_table *table);
void rcu_capi_watchpoint_table_free(struct rcu_capi_watchpoint_table *table);

/* Inserts an entry: those with BP_GDB before all others, others after all. Returns 0, or -EINVAL for flags that have no name above, a
 * length of 0, or a range that runs past the end of the address space. */
int rcu_capi_breakpoint_insert(struct rcu_capi_breakpoint_table *table, uint64_t pc, int flags);
int rcu_capi_watchpoint_insert(struct rcu_capi_watchpoint_table *table, uint64_t addr, uint64_t len, int flags);

/* Changes the entry with this reference, or inserts one. A changed one keeps its place unless it became, or ceased to be, the
 * debugger's. A reference of 0 is -ENOENT. */
int rcu_capi_breakpoint_insert_with_ref(struct rcu_capi_breakpoint_table *table, uint64_t pc, int flags, uint64_t reference);
int rcu_capi_watchpoint_insert_with_ref(struct rcu_capi_watchpoint_table *table, uint64_t addr, uint64_t len, int flags,
					uint64_t reference);

/* Removes the first entry that is exactly this, hit flags aside. Returns 0, -ENOENT if there is none, or -EINVAL for unknown flags. */
int rcu_capi_breakpoint_remove(struct rcu_capi_breakpoint_table *table, uint64_t pc, int flags);
int rcu_capi_watchpoint_remove(struct rcu_capi_watchpoint_table *table, uint64_t addr, uint64_t len, int flags);
/* Returns 0, or -ENOENT. */
int rcu_capi_breakpoint_remove_by_ref(struct rcu_capi_breakpoint_table *table, uint64_t reference);
int rcu_capi_watchpoint_remove_by_ref(struct rcu_capi_watchpoint_table *table, uint64_t reference);
/* Removes all that have any of the flags of the mask, and returns how many there were. */
size_t rcu_capi_breakpoint_remove_all(struct rcu_capi_breakpoint_table *table, int mask);
size_t rcu_capi_watchpoint_remove_all(struct rcu_capi_watchpoint_table *table, int mask);

/* Adds the parent's entries that have any of the flags of the mask, in their order, and returns how many there were. With BP_CPU in the
 * mask, references are copied too, but for those that are in use. */
size_t rcu_capi_breakpoint_inherit(struct rcu_capi_breakpoint_table *table, struct rcu_capi_breakpoint_table *parent, int mask);
size_t rcu_capi_watchpoint_inherit(struct rcu_capi_watchpoint_table *table, struct rcu_capi_watchpoint_table *parent, int mask);

/* Whether there is a breakpoint at pc with any of the flags of the mask; which one is first. */
bool rcu_capi_breakpoint_test(struct rcu_capi_breakpoint_table *table, uint64_t pc, int mask);
bool rcu_capi_breakpoint_first_match(struct rcu_capi_breakpoint_table *table, uint64_t pc, int mask,
				     struct rcu_capi_breakpoint *found);

/* The flags of all watchpoints that overlap the range, together. */
int rcu_capi_watchpoint_matches(struct rcu_capi_watchpoint_table *table, uint64_t addr, uint64_t len);

/* Whether a watchpoint stops the access, which is BP_MEM_READ or BP_MEM_WRITE: the first in table order. Of one with BP_CPU, `arch` is
 * asked whether the architecture sees a hit; if it is null, it does. */
bool rcu_capi_watchpoint_check(struct rcu_capi_watchpoint_table *table, uint64_t addr, uint64_t len, int access,
			       bool (*arch)(void *data, const struct rcu_capi_watchpoint *watchpoint), void *data,
			       struct rcu_capi_watchpoint_hit *hit);

/* Whether any entry covers one of the addresses first..last: a page, or a block of code. */
bool rcu_capi_breakpoint_any_in(struct rcu_capi_breakpoint_table *table, uint64_t first, uint64_t last);
bool rcu_capi_watchpoint_any_in(struct rcu_capi_watchpoint_table *table, uint64_t first, uint64_t last);

/* The entry with this reference. */
bool rcu_capi_breakpoint_get_by_ref(struct rcu_capi_breakpoint_table *table, uint64_t reference,
				    struct rcu_capi_breakpoint *found);
bool rcu_capi_watchpoint_get_by_ref(struct rcu_capi_watchpoint_table *table, uint64_t reference,
				    struct rcu_capi_watchpoint *found);

/* Copies as many entries as there is room for, in table order, and returns how many there are. */
size_t rcu_capi_breakpoint_list(struct rcu_capi_breakpoint_table *table, struct rcu_capi_breakpoint *entries, size_t room);
size_t rcu_capi_watchpoint_list(struct rcu_capi_watchpoint_table *table, struct rcu_capi_watchpoint *entries, size_t room);

/* A number that is different after every change, and whether the table has not changed since. A translation cache reads the number, then
 * the table, translates, inserts the block, and drops it again unless the number is current. */
uint64_t rcu_capi_breakpoint_generation(struct rcu_capi_breakpoint_table *table);
uint64_t rcu_capi_watchpoint_generation(struct rcu_capi_watchpoint_table *table);
bool rcu_capi_breakpoint_is_current(struct rcu_capi_breakpoint_table *table, uint64_t generation);
bool rcu_capi_watchpoint_is_current(struct rcu_capi_watchpoint_table *table, uint64_t generation);

#ifdef __cplusplus
}
#endif

#ifndef RCU_CAPI_NO_SHORT_NAMES
#define breakpoint_table rcu_capi_breakpoint_table
#define watchpoint_table rcu_capi_watchpoint_table
#define breakpoint_table_new rcu_capi_breakpoint_table_new
#define watchpoint_table_new rcu_capi_watchpoint_table_new
#define breakpoint_table_free rcu_capi_breakpoint_table_free
#define watchpoint_table_free rcu_capi_watchpoint_table_free
#define breakpoint_insert rcu_capi_breakpoint_insert
#define watchpoint_insert rcu_capi_watchpoint_insert
#define breakpoint_insert_with_ref rcu_capi_breakpoint_insert_with_ref
#define watchpoint_insert_with_ref rcu_capi_watchpoint_insert_with_ref
#define breakpoint_remove rcu_capi_breakpoint_remove
#define watchpoint_remove rcu_capi_watchpoint_remove
#define breakpoint_remove_by_ref rcu_capi_breakpoint_remove_by_ref
#define watchpoint_remove_by_ref rcu_capi_watchpoint_remove_by_ref
#define breakpoint_remove_all rcu_capi_breakpoint_remove_all
#define watchpoint_remove_all rcu_capi_watchpoint_remove_all
#define breakpoint_inherit rcu_capi_breakpoint_inherit
#define watchpoint_inherit rcu_capi_watchpoint_inherit
#define breakpoint_test rcu_capi_breakpoint_test
#define breakpoint_first_match rcu_capi_breakpoint_first_match
#define watchpoint_matches rcu_capi_watchpoint_matches
#define watchpoint_check rcu_capi_watchpoint_check
#define breakpoint_any_in rcu_capi_breakpoint_any_in
#define watchpoint_any_in rcu_capi_watchpoint_any_in
#define breakpoint_get_by_ref rcu_capi_breakpoint_get_by_ref
#define watchpoint_get_by_ref rcu_capi_watchpoint_get_by_ref
#define breakpoint_list rcu_capi_breakpoint_list
#define watchpoint_list rcu_capi_watchpoint_list
#define breakpoint_generation rcu_capi_breakpoint_generation
#define watchpoint_generation rcu_capi_watchpoint_generation
#define breakpoint_is_current rcu_capi_breakpoint_is_current
#define watchpoint_is_current rcu_capi_watchpoint_is_current
#endif

#endif
