// What ThreadSanitizer has to be told about std, which comes without instrumentation.
//
// Most of std's synchronisation is generic or inlined, so it is compiled, and instrumented, with the code that uses it: the fast
// paths of a Mutex are seen. Some functions are compiled into std itself. The linker's --wrap leads calls of those through here,
// which says what they order: neither more nor less. Nothing of the crates under test is wrapped.
//
// The names of the functions are given by ci/san.sh, which finds them in std's own symbols.

#include <stdint.h>

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

// The arguments are passed on as they came, in registers; the first is `self`, the second the mutex that is waited with. A panic
// may pass through: compile with -fexceptions.
#define WRAP(function, before, after)                                                          \
    long JOIN(__real_, function)(char *, char *, long, long, long, long);                       \
    long JOIN(__wrap_, function)(char *self, char *mutex, long c, long d, long e, long f) {    \
        (void)mutex;                                                                           \
        before;                                                                                \
        long result = JOIN(__real_, function)(self, mutex, c, d, e, f);                        \
        after;                                                                                 \
        return result;                                                                         \
    }

// A Mutex that is not free at once is taken in here. It is given back by inlined code.
WRAP(MUTEX_LOCK_CONTENDED, , __tsan_acquire(self))
// A Condvar gives the mutex back and takes it again.
WRAP(CONDVAR_WAIT, __tsan_release(mutex), __tsan_acquire(mutex))
WRAP(CONDVAR_WAIT_TIMEOUT, __tsan_release(mutex), __tsan_acquire(mutex))
// What comes before a Barrier on any thread comes before what follows it on any other.
WRAP(BARRIER_WAIT, __tsan_release(self), __tsan_acquire(self))
// The end of a scoped thread: a decrement, with Release, of one of the three words that the threads of a scope share. Inlined code
// waits for it.
WRAP(SCOPED_THREAD_ENDS, (__tsan_release(self), __tsan_release(self + 8), __tsan_release(self + 16)), )

// The drop of an Arc decrements with Release, and passes an Acquire fence if it was the last: ThreadSanitizer sees no fences.
// Here the decrement acquires too. The crates under test subtract from no atomic of their own, which ci/san.sh checks.
uint64_t __real___tsan_atomic64_fetch_sub(volatile uint64_t *address, uint64_t value, int order);
uint64_t __wrap___tsan_atomic64_fetch_sub(volatile uint64_t *address, uint64_t value, int order) {
    return __real___tsan_atomic64_fetch_sub(address, value, order == __ATOMIC_RELEASE ? __ATOMIC_ACQ_REL : order);
}
