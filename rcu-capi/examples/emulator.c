/* An emulator in small: virtual CPUs on threads of their own, guest memory that is replaced under them, and a debugger that sets and clears
 * breakpoints and watchpoints while they run. No CPU is stopped for a change. Checks itself.
 *
 *     cc emulator.c $(pkg-config --cflags --libs rcu-capi) -pthread && ./a.out */
#include <debug_tables.h>
#include <inttypes.h>
#include <pthread.h>
#include <rcu_queue.h>
#include <stdio.h>
#include <unistd.h>

#define CPUS 2
#define ROUNDS 200
#define RAM_WORDS 64

/* --- The guest: a loop that adds up and stores, four bytes an instruction --- */

enum op { OP_LOAD, OP_ADD, OP_STORE, OP_JUMP };

static const struct {
	enum op op;
	uint32_t operand;
} program[] = {
	{ OP_LOAD, 0 },	  /* 0x00: a = ram[0] */
	{ OP_ADD, 1 },	  /* 0x04: a += 1 */
	{ OP_STORE, 1 },  /* 0x08: ram[1] = a */
	{ OP_JUMP, 0 },	  /* 0x0c: goto 0x00 */
};

/* --- Guest memory: CPUs follow a pointer to it inside a section; who replaces it frees the old one after a grace period --- */

struct ram {
	struct rcu_head rcu;
	uint32_t words[RAM_WORDS];
};

static struct ram *ram;

static struct ram *new_ram(uint32_t first)
{
	struct ram *new_one = (struct ram *)calloc(1, sizeof(*new_one));

	if (!new_one)
		abort();
	new_one->words[0] = first;
	return new_one;
}

static void replace_ram(uint32_t first)
{
	struct ram *old = rcu_xchg_pointer(&ram, new_ram(first));

	free_rcu(old, rcu);
}

/* --- CPUs, in a list that the debugger walks --- */

struct cpu {
	QLIST_ENTRY(cpu) node;
	struct breakpoint_table *breakpoints;
	struct watchpoint_table *watchpoints;
	pthread_t thread;
	uint32_t a;
	uint64_t pc;
	/* What the debugger looks at. */
	uint64_t instructions, breaks, watches;
};

static QLIST_HEAD(, cpu) cpus = QLIST_HEAD_INITIALIZER(cpus);
static struct cpu all[CPUS];
static int stop;

static void count(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

static uint64_t counted(uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static void access_memory(struct cpu *cpu, uint32_t word, int access)
{
	uint64_t addr = 0x1000 + 4 * (uint64_t)word;
	struct rcu_capi_watchpoint_hit hit;

	if (watchpoint_check(cpu->watchpoints, addr, 4, access, NULL, NULL, &hit))
		count(&cpu->watches);
}

/* One instruction. Called from RCU critical section. */
static void step(struct cpu *cpu)
{
	struct ram *memory = rcu_dereference(ram);
	uint32_t operand = program[cpu->pc / 4].operand;

	if (breakpoint_test(cpu->breakpoints, cpu->pc, BP_ANY))
		count(&cpu->breaks);
	switch (program[cpu->pc / 4].op) {
	case OP_LOAD:
		access_memory(cpu, operand, BP_MEM_READ);
		cpu->a = __atomic_load_n(&memory->words[operand], __ATOMIC_RELAXED);
		break;
	case OP_ADD:
		cpu->a += operand;
		break;
	case OP_STORE:
		access_memory(cpu, operand, BP_MEM_WRITE);
		__atomic_store_n(&memory->words[operand], cpu->a, __ATOMIC_RELAXED);
		break;
	case OP_JUMP:
		cpu->pc = operand;
		return;
	}
	cpu->pc += 4;
}

static void *run(void *data)
{
	struct cpu *cpu = (struct cpu *)data;

	rcu_register_thread();
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		WITH_RCU_READ_LOCK_GUARD() {
			step(cpu);
		}
		count(&cpu->instructions);
	}
	rcu_unregister_thread();
	return NULL;
}

/* --- The debugger --- */

/* Waits until each CPU's counter has gone on from here, or has run for a while without. True if all have. */
static bool all_go_on(size_t counter, uint64_t patience)
{
	struct cpu *cpu;
	bool all = true;

	QLIST_FOREACH_RCU(cpu, &cpus, node) {
		uint64_t *counts = (uint64_t *)(void *)((char *)cpu + counter);
		uint64_t before = counted(counts), until = counted(&cpu->instructions) + patience;

		while (counted(counts) == before && counted(&cpu->instructions) < until)
			usleep(10);
		all = all && counted(counts) != before;
	}
	return all;
}

static bool debug_once(uint32_t round)
{
	struct cpu *cpu;
	bool right = true;

	QLIST_FOREACH_RCU(cpu, &cpus, node) {
		right = right && breakpoint_insert(cpu->breakpoints, 0x04, BP_GDB) == 0;
		right = right && watchpoint_insert(cpu->watchpoints, 0x1004, 4, BP_GDB | BP_MEM_WRITE) == 0;
	}
	replace_ram(round);
	right = right && all_go_on(offsetof(struct cpu, breaks), 100000000);
	right = right && all_go_on(offsetof(struct cpu, watches), 100000000);
	QLIST_FOREACH_RCU(cpu, &cpus, node) {
		right = right && breakpoint_remove(cpu->breakpoints, 0x04, BP_GDB) == 0;
		right = right && watchpoint_remove(cpu->watchpoints, 0x1004, 4, BP_GDB | BP_MEM_WRITE) == 0;
	}
	/* Whoever had found the old tables is done with that instruction. From here on nobody stops. */
	synchronize_rcu();
	right = right && !all_go_on(offsetof(struct cpu, breaks), 100);
	return right && !all_go_on(offsetof(struct cpu, watches), 100);
}

int main(void)
{
	uint64_t instructions = 0, breaks = 0, watches = 0;
	bool right = true;

	ram = new_ram(0);
	for (int i = 0; i < CPUS; i++) {
		all[i].breakpoints = breakpoint_table_new(NULL, NULL);
		all[i].watchpoints = watchpoint_table_new(NULL, NULL);
		QLIST_INSERT_HEAD_RCU(&cpus, &all[i], node);
		if (pthread_create(&all[i].thread, NULL, run, &all[i]) != 0)
			return 1;
	}
	for (uint32_t round = 0; right && round < ROUNDS; round++)
		right = debug_once(round);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < CPUS; i++) {
		pthread_join(all[i].thread, NULL);
		breakpoint_table_free(all[i].breakpoints);
		watchpoint_table_free(all[i].watchpoints);
		instructions += all[i].instructions;
		breaks += all[i].breaks;
		watches += all[i].watches;
	}
	drain_call_rcu();
	free(ram);
	printf("%s: %d CPUs, %" PRIu64 " instructions, %" PRIu64 " breaks, %" PRIu64 " watches, %d rounds of the debugger\n",
	       right ? "PASS" : "FAIL", CPUS, instructions, breaks, watches, ROUNDS);
	return !right;
}
