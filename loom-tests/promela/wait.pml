/* The wait loop of a grace period on machines with store buffers, written by hand after rcu-core/src/{reader,synchronize,event}.rs.
 *
 * Each thread's stores go through a queue of its own, which a process drains at any time: x86 (TSO). A full fence waits until the
 * thread's own queue is empty, and so does an exchange. membarrier waits until every reader's queue has been empty, one after
 * another. A reader's light fence is nothing. No thread loads a word that it stores itself, other than by an exchange, so a load
 * looks at memory alone. A queue that could overflow is an error, so its length bounds nothing.
 *
 * It checks that nothing is used once it is freed, and that nobody sleeps for ever. Two things are worse here than in the sources:
 * the unlink is a plain store, not an exchange, and the driver's sleep has no time-out, which would hide a lost wake-up.
 *
 *   FENCE       the light fence is a full one, and there is no membarrier
 *   QUIESCENT   readers that are online, pass quiescent states, and go offline; no membarrier while all are offline
 *   READERS, SECTIONS, GRACE_PERIODS   how many; sections of each reader
 *   ENTER=skip and so on: takes away the fence of that name, which has to be noticed
 *   WRONG_SKIP  leaves out membarrier when no reader is inside, though it may be about to enter: wrong as well
 */

#ifndef READERS
#define READERS 1
#endif
#ifndef SECTIONS
#define SECTIONS 2
#endif
#ifndef GRACE_PERIODS
#define GRACE_PERIODS 2
#endif

/* Words of memory. */
#define COUNTER 0
#define POINTER 1
#define WORD(r) (2 + (r))
#define MARK(r) (2 + READERS + (r))
#define WORDS   (2 + 2 * READERS)

/* A reader's word, if it is not the number of a grace period. */
#define OUTSIDE 0
#define OFFLINE 255
#define is_inside(word) (word != OUTSIDE && word != OFFLINE)

/* Threads: the readers, and after them the driver. */
#define DRIVER READERS
#define QUEUE  (3 * SECTIONS + 2 * READERS)

byte memory[WORDS];
chan queue[READERS + 1] = [QUEUE] of { byte, byte };

/* Whether the payload that the pointer's n-th value leads to is freed. At once, and not through a queue: the worst case. */
bool freed[GRACE_PERIODS + 1];

mtype = { CLEAR, SET, SLEEPING };
mtype event = CLEAR;
bool asleep;

inline store(thread, at, value) {
    d_step {
        assert(len(queue[thread]) < QUEUE);
        queue[thread]!at,value
    }
}

/* A full fence. */
#define full_fence(thread) empty(queue[thread])

#ifdef FENCE
#define light(thread) full_fence(thread)
#define remote()      skip
#else
#define light(thread) skip
#define remote()      for (r : 0 .. READERS - 1) { empty(queue[r]) }
#endif

proctype drain(byte thread) {
    byte at, value;
end:
    do
    :: d_step { queue[thread]?at,value; memory[at] = value; at = 0; value = 0 }
    od
}

/* Event::set, then what a futex does. */
inline set(thread) {
    atomic { empty(queue[thread]); sleeps = (event == SLEEPING); event = SET };
    if
    :: sleeps -> sleeps = false; asleep = false
    :: else
    fi
}

/* Event::reset. */
inline reset() {
    d_step { empty(queue[DRIVER]); event = CLEAR }
}

/* Event::wait. The futex compares and goes to sleep in one step. */
inline wait() {
    do
    :: atomic { empty(queue[DRIVER]) && event == SET -> break }
    :: d_step { empty(queue[DRIVER]) && event != SET -> event = SLEEPING };
       d_step { asleep = (event == SLEEPING) };
       !asleep
    od
}

inline wake_driver() {
    if
    :: memory[MARK(me)] != 0 -> set(me)
    :: else
    fi
}

#define enter(fence) \
    number = memory[COUNTER]; \
    store(me, WORD(me), number); \
    fence

#define leave(word, fence) \
    store(me, WORD(me), word); \
    fence; \
    wake_driver()

/* Loads the pointer and uses what it leads to. What is freed stays so: the last moment of the use speaks for all of it. */
inline use() {
    payload = memory[POINTER];
    d_step { assert(!freed[payload]); payload = 0 }
}

#ifndef ENTER
#define ENTER light(me)
#endif
#ifndef LEAVE
#define LEAVE light(me)
#endif
#ifndef ONLINE
#define ONLINE full_fence(me)
#endif
#ifndef RENEW
#define RENEW light(me)
#endif
#ifndef REST
#define REST full_fence(me)
#endif

/* Record::pass. */
#define pass() \
    renewed = memory[COUNTER]; \
    if \
    :: renewed != number -> number = renewed; leave(renewed, RENEW) \
    :: else \
    fi; \
    renewed = 0

proctype reader(byte me) {
    byte section, number, renewed, payload;
    bool sleeps;
    do
    :: section < SECTIONS ->
#ifdef QUIESCENT
        enter(ONLINE);
        use();
        pass();
        use();
        section++;
        if
        :: section < SECTIONS -> number = 0; leave(OFFLINE, REST)
        :: else ->
            /* Stays online, and passes whenever there is something to pass: nobody else will wake the driver. */
            do
            :: memory[COUNTER] != number -> pass()
            :: freed[GRACE_PERIODS - 1] -> break
            od
        fi
#else
        enter(ENTER);
        number = 0;
        use();
        leave(OUTSIDE, LEAVE);
        section++
#endif
    :: else -> break
    od
}

/* Registry::advance: looks at every reader that is not known to have passed, and marks it if asked to. */
inline advance(mark) {
    left = 0;
    for (r : 0 .. READERS - 1) {
        if
        :: passed[r]
        :: else ->
            word = memory[WORD(r)];
            if
            :: !is_inside(word) || word == new ->
                passed[r] = true;
                if
                :: marked[r] -> marked[r] = false; store(DRIVER, MARK(r), 0)
                :: else
                fi
            :: else ->
                left++;
                if
                :: mark && !marked[r] -> marked[r] = true; store(DRIVER, MARK(r), 1)
                :: else
                fi
            fi;
            word = 0
        fi
    }
}

/* Registry::has_light_readers. */
inline look_for_light_readers() {
    for (r : 0 .. READERS - 1) {
        word = memory[WORD(r)];
        if
#ifdef WRONG_SKIP
        :: is_inside(word) -> found = true
#else
        :: word != OFFLINE -> found = true
#endif
        :: else
        fi;
        word = 0
    }
}

#ifndef PERIOD_FULL
#define PERIOD_FULL full_fence(DRIVER)
#endif
#ifndef PERIOD_REMOTE
#define PERIOD_REMOTE remote()
#endif
#ifndef SLEEP_FULL
#define SLEEP_FULL full_fence(DRIVER)
#endif
#ifndef SLEEP_REMOTE
#define SLEEP_REMOTE remote()
#endif

proctype driver() {
    byte period, new = 1, r, word, left;
    bool found, passed[READERS], marked[READERS];
    do
    :: period < GRACE_PERIODS ->
        d_step { period++; new++ };
        store(DRIVER, POINTER, period);
        store(DRIVER, COUNTER, new);
        PERIOD_FULL;
        look_for_light_readers();
        if
        :: found -> found = false; PERIOD_REMOTE
        :: else
        fi;
        advance(false);
        if
        :: left > 0 ->
            reset();
            advance(true);
            SLEEP_FULL;
            SLEEP_REMOTE;
            advance(false);
            do
            :: left > 0 -> wait(); reset(); advance(false)
            :: else -> break
            od
        :: else
        fi;
        atomic {
            freed[period - 1] = true;
            for (r : 0 .. READERS - 1) { passed[r] = false }
            r = 0
        }
    :: else -> break
    od
}

init {
    byte thread;
    atomic {
        memory[COUNTER] = 1;
        for (thread : 0 .. READERS) { run drain(thread) }
        for (thread : 0 .. READERS - 1) {
#ifdef QUIESCENT
            memory[WORD(thread)] = OFFLINE;
#endif
            run reader(thread)
        }
        run driver()
    }
}
