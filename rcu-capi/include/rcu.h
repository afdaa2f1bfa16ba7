/* Read-copy-update for emulators in C: QEMU's names, on the library rcu_capi. C11 and C++17, with gcc or clang.
 *
 * Readers are inlined from here, and are the same readers as those of the library's Rust side: sections of the two nest in each
 * other. What they rely on has the version of this header in its name, so that objects made with another one do not link.
 *
 *   RCU_CAPI_OUT_OF_LINE     readers are calls of the library: for plugins that are not built with it
 *   RCU_COROUTINE_SAFE       readers do not keep the address of a thread-local: for code that coroutines run, which may
 *                            be on another thread after they have yielded
 *   RCU_CAPI_PORTABLE        for a library that was built without membarrier (pkg-config says so)
 *   RCU_CAPI_NO_SHORT_NAMES  nothing is defined here, and in debug_tables.h, but names that begin with rcu_capi_ or RCU_CAPI_,
 *                            and the BP_ flags
 *
 * Misuse aborts, in every build, with a line that names the function and the rule. */
#ifndef RCU_CAPI_RCU_H
#define RCU_CAPI_RCU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __cplusplus
#define RCU_CAPI_STATIC_ASSERT static_assert
extern "C" {
#else
#define RCU_CAPI_STATIC_ASSERT _Static_assert
#endif

#define RCU_CAPI_JOIN_(a, b) a##b
#define RCU_CAPI_JOIN(a, b) RCU_CAPI_JOIN_(a, b)

/* --- What is shared with the library --- */

#define RCU_CAPI_LAYOUT_VERSION 1
#define RCU_CAPI_VERSIONED(name) RCU_CAPI_JOIN(name##_v, RCU_CAPI_LAYOUT_VERSION)

/* A reader's word: its nest count, whether it has to be left to the library, and above both the grace period in which its section
 * began. */
#define RCU_CAPI_NEST UINT64_C(0x7fff)
#define RCU_CAPI_SLOW UINT64_C(0x8000)
RCU_CAPI_STATIC_ASSERT((RCU_CAPI_NEST | RCU_CAPI_SLOW) == UINT16_MAX, "the two are the low half of a word's low half");

/* A thread as a reader. Only the thread itself stores to `word`; `waiting` is non-zero if somebody sleeps until it leaves. */
struct rcu_capi_reader {
	uint64_t word;
	uint32_t waiting;
	uint32_t opaque[13];
} __attribute__((aligned(64)));

RCU_CAPI_STATIC_ASSERT(offsetof(struct rcu_capi_reader, word) == 0, "the library has the word there");
RCU_CAPI_STATIC_ASSERT(offsetof(struct rcu_capi_reader, waiting) == 8, "the library has the mark there");
RCU_CAPI_STATIC_ASSERT(sizeof(struct rcu_capi_reader) == 64, "the library has records of this size");

/* The memory of a callback, in the object that it frees. It needs no initialisation. The caller does not touch it from call_rcu1 on
 * until the callback runs. */
struct rcu_capi_head {
	void *opaque[2];
	void (*func)(struct rcu_capi_head *head);
	uintptr_t queued;
};

RCU_CAPI_STATIC_ASSERT(sizeof(struct rcu_capi_head) == 4 * sizeof(void *), "the library has heads of this size");

/* The layout as the library says it. */
struct rcu_capi_layout {
	uint32_t version;
	uint32_t reader_size;
	uint32_t word;
	uint32_t waiting;
	uint64_t nest;
	uint64_t slow;
	uint32_t head_size;
	uint32_t fence_is_full;
};
extern const struct rcu_capi_layout rcu_capi_layout;

/* Where the number of the grace period is. */
extern const uint64_t *const RCU_CAPI_VERSIONED(rcu_capi_counter);

/* What a thread that has not read yet takes for its record: it sends it to the library. */
#ifdef RCU_CAPI_PORTABLE
#define RCU_CAPI_NOBODY RCU_CAPI_VERSIONED(rcu_capi_nobody_full)
#define RCU_CAPI_LIGHT_FENCE() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#else
#define RCU_CAPI_NOBODY RCU_CAPI_VERSIONED(rcu_capi_nobody)
/* The processor's part is done by membarrier, on behalf of who waits. */
#define RCU_CAPI_LIGHT_FENCE() __atomic_signal_fence(__ATOMIC_SEQ_CST)
#endif
extern struct rcu_capi_reader RCU_CAPI_NOBODY;

#define rcu_capi_read_lock_slow RCU_CAPI_VERSIONED(rcu_capi_read_lock_slow)
#define rcu_capi_read_unlock_slow RCU_CAPI_VERSIONED(rcu_capi_read_unlock_slow)
#define rcu_capi_wake RCU_CAPI_VERSIONED(rcu_capi_wake)

struct rcu_capi_reader *rcu_capi_read_lock_slow(void);
void rcu_capi_read_unlock_slow(void);
void rcu_capi_wake(void);
/* Called by address, without a stub of the linker's on the way: gcc can be told to, clang by an address that it does not see through. */
#ifdef __clang__
#define RCU_CAPI_DIRECT
#define RCU_CAPI_CALL(function)                                                                                      \
	do {                                                                                                         \
		void (*rcu_capi_function)(void) = (function);                                                        \
		__asm__("" : "+r"(rcu_capi_function));                                                               \
		rcu_capi_function();                                                                                 \
	} while (0)
#else
#define RCU_CAPI_DIRECT __attribute__((noplt))
#define RCU_CAPI_CALL(function) function()
#endif
RCU_CAPI_DIRECT void rcu_capi_read_lock_call(void);
RCU_CAPI_DIRECT void rcu_capi_read_unlock_call(void);

/* --- Readers --- */

#ifndef RCU_CAPI_OUT_OF_LINE

/* The thread's record. One such pointer for each program and shared library that includes this: a record stays where it is for as long as
 * its thread lives. */
__attribute__((weak, visibility("hidden"), tls_model("initial-exec"))) __thread struct rcu_capi_reader *rcu_capi_self =
	&RCU_CAPI_NOBODY;

#ifdef RCU_COROUTINE_SAFE
/* Not inlined, and not seen through: a compiler may otherwise keep the address of the thread's own `rcu_capi_self` across a switch. */
static __attribute__((noinline, unused)) struct rcu_capi_reader *rcu_capi_get_self(void)
{
	__asm__ volatile("");
	return rcu_capi_self;
}

static __attribute__((noinline, unused)) void rcu_capi_set_self(struct rcu_capi_reader *self)
{
	__asm__ volatile("");
	rcu_capi_self = self;
}
#else
static inline struct rcu_capi_reader *rcu_capi_get_self(void)
{
	return rcu_capi_self;
}

static inline void rcu_capi_set_self(struct rcu_capi_reader *self)
{
	rcu_capi_self = self;
}
#endif

/* Apart, so that the common path needs no stack. */
static __attribute__((noinline, cold, unused)) void rcu_capi_read_lock_rare(void)
{
	rcu_capi_set_self(rcu_capi_read_lock_slow());
}

static inline void rcu_capi_read_lock(void)
{
	struct rcu_capi_reader *self = rcu_capi_get_self();
	uint64_t word = __atomic_load_n(&self->word, __ATOMIC_RELAXED);
	/* The nest count and SLOW: of a narrow number, processors need no mask. */
	uint16_t low = (uint16_t)word;

	if (__builtin_expect(low == 0, 1)) {
		uint64_t now = __atomic_load_n(RCU_CAPI_VERSIONED(rcu_capi_counter), __ATOMIC_ACQUIRE);

		__atomic_store_n(&self->word, now, __ATOMIC_RELEASE);
		RCU_CAPI_LIGHT_FENCE();
	} else if (low < RCU_CAPI_NEST) {
		__atomic_store_n(&self->word, word + 1, __ATOMIC_RELEASE);
	} else {
		rcu_capi_read_lock_rare();
	}
}

static inline void rcu_capi_read_unlock(void)
{
	struct rcu_capi_reader *self = rcu_capi_get_self();
	uint64_t word = __atomic_load_n(&self->word, __ATOMIC_RELAXED);
	/* The nest count and SLOW: of a narrow number, processors need no mask. */
	uint16_t low = (uint16_t)word;

	if (__builtin_expect(low == 1, 1)) {
		__atomic_store_n(&self->word, 0, __ATOMIC_RELEASE);
		RCU_CAPI_LIGHT_FENCE();
		if (__builtin_expect(__atomic_load_n(&self->waiting, __ATOMIC_RELAXED) != 0, 0))
			rcu_capi_wake();
	} else if (low != 0 && low < RCU_CAPI_SLOW) {
		__atomic_store_n(&self->word, word - 1, __ATOMIC_RELEASE);
	} else {
		rcu_capi_read_unlock_slow();
	}
}

#else

static inline void rcu_capi_read_lock(void)
{
	RCU_CAPI_CALL(rcu_capi_read_lock_call);
}

static inline void rcu_capi_read_unlock(void)
{
	RCU_CAPI_CALL(rcu_capi_read_unlock_call);
}

#endif

/* Whether the calling thread is inside a section. */
bool rcu_capi_read_ongoing(void);

static inline int rcu_capi_guard_begin(void)
{
	rcu_capi_read_lock();
	return 1;
}

static inline void rcu_capi_guard_end(const int *guard)
{
	if (*guard)
		rcu_capi_read_unlock();
}

/* A section until the end of the block. */
#define RCU_CAPI_READ_LOCK_GUARD()                                                                                   \
	__attribute__((cleanup(rcu_capi_guard_end), unused)) const int RCU_CAPI_JOIN(rcu_capi_guard_, __LINE__) =    \
		rcu_capi_guard_begin()

/* A section for the statement that follows. It may be left by break, return and goto. */
#define RCU_CAPI_WITH_READ_LOCK_GUARD()                                                                              \
	for (int rcu_capi_guard __attribute__((cleanup(rcu_capi_guard_end))) = rcu_capi_guard_begin(),               \
	     rcu_capi_once = 1;                                                                                      \
	     rcu_capi_once && rcu_capi_guard; rcu_capi_once = 0)

/* --- Protected pointers --- */

/* p is the address of the pointer. */
#define RCU_CAPI_LOAD(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define RCU_CAPI_STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define RCU_CAPI_XCHG(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
/* The pointer as it was: `old`, if `v` has taken its place. */
#define RCU_CAPI_CMPXCHG(p, old, v)                                                                                  \
	__extension__({                                                                                              \
		__typeof__(*(p)) rcu_capi_old = (old);                                                               \
		__atomic_compare_exchange_n((p), &rcu_capi_old, (v), 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);         \
		rcu_capi_old;                                                                                        \
	})

/* --- Grace periods and callbacks --- */

/* Chooses the fences and starts the callback thread now rather than when they are first needed: before a seccomp filter. Returns 0, or
 * the negative error number of a thread that could not be started; the next callback tries again. */
int rcu_capi_init(void);

/* Waits until every section that is open now has ended. Aborts inside a section, in a callback, and in a force-RCU notifier. */
void rcu_capi_synchronize(void);

/* Calls func(head) once, on the callback thread, after a grace period that starts after this. Allowed anywhere, and waits for nobody; who
 * is a hundred thousand callbacks ahead rests for a millisecond now and then. Callbacks of one thread run in its order, those of different
 * threads in any. Aborts if the head is queued already, and if it or the function is null. */
void rcu_capi_call(struct rcu_capi_head *head, void (*func)(struct rcu_capi_head *head));

/* Waits until every callback that was queued before, by any thread, has run: without the big lock, if there is one and the calling
 * thread holds it. Aborts where rcu_capi_synchronize does. */
void rcu_capi_drain(void);

/* A grace period to poll for, by number. It needs no further activity to end. */
uint64_t rcu_capi_start_poll(void);
bool rcu_capi_poll(uint64_t number);
void rcu_capi_cond_synchronize(uint64_t number);

static inline void rcu_capi_free_head(struct rcu_capi_head *head)
{
	free(head);
}

/* The head in the object, which has to be its first member. */
#define RCU_CAPI_HEAD(object, field)                                                                                 \
	(&(object)->field +                                                                                          \
	 0 * sizeof(char[__builtin_offsetof(__typeof__(*(object)), field) == 0 ? 1 : -1]))

/* Calls func(object). func takes a pointer to the object's type. */
#define RCU_CAPI_CALL_OBJECT(object, func, field)                                                                    \
	rcu_capi_call(RCU_CAPI_HEAD(object, field),                                                                  \
		      (void (*)(struct rcu_capi_head *))(void (*)(void))(                                            \
			      1 ? (func) : (void (*)(__typeof__(object)))0))

/* Frees the object, which came from malloc. */
#define RCU_CAPI_FREE_OBJECT(object, field) rcu_capi_call(RCU_CAPI_HEAD(object, field), rcu_capi_free_head)

/* The same for one that came from GLib, whose header is included by whoever uses this. */
#define RCU_CAPI_G_FREE_OBJECT(object, field)                                                                        \
	rcu_capi_call(RCU_CAPI_HEAD(object, field), (void (*)(struct rcu_capi_head *))(void (*)(void))g_free)

/* --- Threads --- */

/* Registers the calling thread, which its first section does otherwise. Aborts if this was called already. A signal handler that reads
 * does so on threads that are registered. */
void rcu_capi_register_thread(void);

/* Ends the registration. Aborts inside a section, while the thread has a notifier, and if the thread was not registered by
 * rcu_capi_register_thread. A thread that ends needs none; one that ends inside a section aborts. */
void rcu_capi_unregister_thread(void);

/* Whether a thread is registered by its first section: true unless told otherwise. If not, a section of a thread that is not registered
 * aborts. */
void rcu_capi_set_auto_register(bool automatic);

/* fork() is always covered: parent and child go on. These are for those who come from QEMU. */
static inline void rcu_capi_enable_atfork(void)
{
}

static inline void rcu_capi_disable_atfork(void)
{
}

/* --- Emulator hooks --- */

/* Called, on the thread that waits, when a grace period finds the thread that added it inside a section. It may enter sections and
 * call rcu_capi_call. The last two are the library's, and need no initialisation. */
struct rcu_capi_notifier {
	void (*notify)(struct rcu_capi_notifier *notifier, void *data);
	void *registered;
	uintptr_t mark;
};

/* Registers a notifier for the calling thread. It stays valid and unchanged until it has been removed. Aborts if it is registered. */
void rcu_capi_add_notifier(struct rcu_capi_notifier *notifier);

/* Removes it, and waits for a call that is under way, unless it is called from there. Aborts if it is not registered. */
void rcu_capi_remove_notifier(struct rcu_capi_notifier *notifier);

/* What the library calls, with `data`. Each may be null. They return, and do not unwind. */
struct rcu_capi_hooks {
	/* sizeof(struct rcu_capi_hooks) */
	size_t size;
	void *data;
	/* The big lock: all three or none. It is held around each batch of callbacks, and not while the callback thread waits;
	 * rcu_capi_drain lets go of it if the calling thread holds it. */
	void (*lock)(void *data);
	void (*unlock)(void *data);
	bool (*is_locked)(void *data);
	/* On a callback thread, before its first batch. */
	void (*thread_started)(void *data);
	/* A grace period or a callback is held up for 10 s: who by. As a notifier, it may enter sections and call. */
	void (*stalled)(void *data, const char *line);
	/* On the callback thread, before each batch while at least `pressure_at` callbacks are pending. */
	void (*pressure)(void *data, uint64_t pending);
	uint64_t pressure_at;
};

/* Sets the hooks, once for the process: before others use the library. Returns 0; -EINVAL if the size is too small or the lock is not
 * whole; -EBUSY if they were set before. */
int rcu_capi_set_hooks(const struct rcu_capi_hooks *hooks);

/* What has been done so far. The caller sets `size` to sizeof(struct rcu_capi_stats); the library fills in what it has of that, says how
 * much in `size`, and in `version` which numbers it has. */
struct rcu_capi_stats {
	uint32_t version;
	uint32_t size;
	uint64_t grace_periods;
	uint64_t heavy_fences;
	uint64_t callbacks_queued;
	uint64_t callbacks_run;
	uint64_t callbacks_pending;
	uint64_t callbacks_peak;
	uint64_t calls_paced;
	uint64_t wakeups;
	uint64_t stalls;
	uint64_t readers;
};

/* Returns 0, or -EINVAL if the size does not even hold itself. */
int rcu_capi_get_stats(struct rcu_capi_stats *stats);

#ifdef __cplusplus
}
#endif

/* --- QEMU's names --- */

#if !defined(RCU_CAPI_NO_SHORT_NAMES) && !defined(RCU_CAPI_URCU_COMPAT_H)
#define rcu_read_lock rcu_capi_read_lock
#define rcu_read_unlock rcu_capi_read_unlock
#define rcu_read_ongoing rcu_capi_read_ongoing
#define RCU_READ_LOCK_GUARD RCU_CAPI_READ_LOCK_GUARD
#define WITH_RCU_READ_LOCK_GUARD RCU_CAPI_WITH_READ_LOCK_GUARD

#define rcu_dereference(p) RCU_CAPI_LOAD(&(p))
#define rcu_assign_pointer(p, v) RCU_CAPI_STORE(&(p), (v))
#define rcu_xchg_pointer(p, v) RCU_CAPI_XCHG((p), (v))
#define rcu_cmpxchg_pointer(p, old, v) RCU_CAPI_CMPXCHG((p), (old), (v))
#ifndef qatomic_rcu_read
#define qatomic_rcu_read(p) RCU_CAPI_LOAD(p)
#define qatomic_rcu_set(p, v) RCU_CAPI_STORE((p), (v))
#endif

#define rcu_init rcu_capi_init
#define synchronize_rcu rcu_capi_synchronize
#define rcu_head rcu_capi_head
#define call_rcu1 rcu_capi_call
#define call_rcu RCU_CAPI_CALL_OBJECT
#define free_rcu RCU_CAPI_FREE_OBJECT
#define g_free_rcu RCU_CAPI_G_FREE_OBJECT
#define drain_call_rcu rcu_capi_drain
#define start_poll_synchronize_rcu rcu_capi_start_poll
#define poll_state_synchronize_rcu rcu_capi_poll
#define cond_synchronize_rcu rcu_capi_cond_synchronize

#define rcu_register_thread rcu_capi_register_thread
#define rcu_unregister_thread rcu_capi_unregister_thread
#define rcu_set_auto_register rcu_capi_set_auto_register
#define rcu_enable_atfork rcu_capi_enable_atfork
#define rcu_disable_atfork rcu_capi_disable_atfork

#define rcu_notifier rcu_capi_notifier
#define rcu_add_force_rcu_notifier rcu_capi_add_notifier
#define rcu_remove_force_rcu_notifier rcu_capi_remove_notifier
#define rcu_hooks rcu_capi_hooks
#define rcu_set_hooks rcu_capi_set_hooks
#define rcu_stats rcu_capi_stats
#define rcu_get_stats rcu_capi_get_stats
#endif

#endif
