/* The lists: each operation against what the list has to be, and all of them while readers go along. A reader has to find each element
 * that is there all the time, in order, no element that was freed, and an end. */
#include "test.h"
#include <rcu_queue.h>

struct element {
	struct rcu_head rcu;
	QLIST_ENTRY(element) list;
	QSLIST_ENTRY(element) slist;
	QSIMPLEQ_ENTRY(element) simpleq;
	QTAILQ_ENTRY(element) tailq;
	int number;
	int alive;
};

static QLIST_HEAD(, element) list;
static QSLIST_HEAD(, element) slist;
static QSIMPLEQ_HEAD(, element) simpleq;
static QTAILQ_HEAD(, element) tailq;

static struct element *element(int number)
{
	struct element *element = (struct element *)malloc(sizeof(*element));

	CHECK(element);
	element->number = number;
	element->alive = 0x600d;
	return element;
}

static void reclaim(struct element *old)
{
	__atomic_store_n(&old->alive, 0xdead, __ATOMIC_RELAXED);
	free(old);
}

/* What the list is, as digits. */
#define DIGITS(FOREACH, head, field)                                                                                 \
	__extension__({                                                                                              \
		struct element *at;                                                                                  \
		long digits = 0;                                                                                     \
		FOREACH(at, head, field)                                                                             \
		digits = digits * 10 + at->number;                                                                   \
		digits;                                                                                              \
	})

static void qlist(void)
{
	struct element *e[6];

	for (int i = 1; i < 6; i++)
		e[i] = element(i);
	CHECK(QLIST_EMPTY_RCU(&list));
	QLIST_INSERT_HEAD_RCU(&list, e[2], list);
	QLIST_INSERT_HEAD_RCU(&list, e[1], list);
	QLIST_INSERT_AFTER_RCU(e[2], e[4], list);
	QLIST_INSERT_BEFORE_RCU(e[4], e[3], list);
	QLIST_INSERT_AFTER_RCU(e[2], e[5], list);
	CHECK(DIGITS(QLIST_FOREACH_RCU, &list, list) == 12534);
	QLIST_REMOVE_RCU(e[1], list);
	CHECK(QLIST_FIRST_RCU(&list) == e[2]);
	QLIST_REMOVE_RCU(e[4], list);
	QLIST_REMOVE_RCU(e[5], list);
	CHECK(DIGITS(QLIST_FOREACH_RCU, &list, list) == 23);
	QLIST_INSERT_BEFORE_RCU(e[2], e[1], list);
	CHECK(DIGITS(QLIST_FOREACH_RCU, &list, list) == 123);
	for (int i = 1; i < 4; i++)
		QLIST_REMOVE_RCU(e[i], list);
	CHECK(QLIST_EMPTY_RCU(&list));
	for (int i = 1; i < 6; i++)
		free(e[i]);
}

static void qslist(void)
{
	struct element *e[5];

	for (int i = 1; i < 5; i++)
		e[i] = element(i);
	CHECK(QSLIST_EMPTY_RCU(&slist));
	QSLIST_INSERT_HEAD_RCU(&slist, e[3], slist);
	QSLIST_INSERT_HEAD_RCU(&slist, e[1], slist);
	QSLIST_INSERT_AFTER_RCU(e[1], e[2], slist);
	QSLIST_INSERT_AFTER_RCU(e[3], e[4], slist);
	CHECK(DIGITS(QSLIST_FOREACH_RCU, &slist, slist) == 1234);
	QSLIST_REMOVE_AFTER_RCU(e[1], slist);
	CHECK(DIGITS(QSLIST_FOREACH_RCU, &slist, slist) == 134);
	QSLIST_REMOVE_RCU(&slist, e[4], element, slist);
	QSLIST_REMOVE_HEAD_RCU(&slist, slist);
	CHECK(QSLIST_FIRST_RCU(&slist) == e[3] && !QSLIST_NEXT_RCU(e[3], slist));
	QSLIST_REMOVE_RCU(&slist, e[3], element, slist);
	CHECK(QSLIST_EMPTY_RCU(&slist));
	for (int i = 1; i < 5; i++)
		free(e[i]);
}

static void qsimpleq(void)
{
	struct element *e[6];

	for (int i = 1; i < 6; i++)
		e[i] = element(i);
	QSIMPLEQ_INIT(&simpleq);
	CHECK(QSIMPLEQ_EMPTY_RCU(&simpleq));
	QSIMPLEQ_INSERT_HEAD_RCU(&simpleq, e[2], simpleq);
	QSIMPLEQ_INSERT_TAIL_RCU(&simpleq, e[4], simpleq);
	QSIMPLEQ_INSERT_AFTER_RCU(&simpleq, e[2], e[3], simpleq);
	QSIMPLEQ_INSERT_AFTER_RCU(&simpleq, e[4], e[5], simpleq);
	QSIMPLEQ_INSERT_HEAD_RCU(&simpleq, e[1], simpleq);
	CHECK(DIGITS(QSIMPLEQ_FOREACH_RCU, &simpleq, simpleq) == 12345);
	QSIMPLEQ_REMOVE_RCU(&simpleq, e[5], element, simpleq);
	QSIMPLEQ_REMOVE_HEAD_RCU(&simpleq, simpleq);
	QSIMPLEQ_REMOVE_RCU(&simpleq, e[3], element, simpleq);
	QSIMPLEQ_INSERT_TAIL_RCU(&simpleq, e[1], simpleq);
	CHECK(DIGITS(QSIMPLEQ_FOREACH_RCU, &simpleq, simpleq) == 241);
	for (int i = 0; i < 3; i++)
		QSIMPLEQ_REMOVE_HEAD_RCU(&simpleq, simpleq);
	CHECK(QSIMPLEQ_EMPTY_RCU(&simpleq));
	QSIMPLEQ_INSERT_TAIL_RCU(&simpleq, e[3], simpleq);
	CHECK(QSIMPLEQ_FIRST_RCU(&simpleq) == e[3]);
	QSIMPLEQ_REMOVE_HEAD_RCU(&simpleq, simpleq);
	for (int i = 1; i < 6; i++)
		free(e[i]);
}

static void qtailq(void)
{
	struct element *e[6];

	for (int i = 1; i < 6; i++)
		e[i] = element(i);
	QTAILQ_INIT(&tailq);
	CHECK(QTAILQ_EMPTY_RCU(&tailq));
	QTAILQ_INSERT_TAIL_RCU(&tailq, e[3], tailq);
	QTAILQ_INSERT_HEAD_RCU(&tailq, e[1], tailq);
	QTAILQ_INSERT_BEFORE_RCU(e[3], e[2], tailq);
	QTAILQ_INSERT_AFTER_RCU(&tailq, e[3], e[4], tailq);
	QTAILQ_INSERT_TAIL_RCU(&tailq, e[5], tailq);
	CHECK(DIGITS(QTAILQ_FOREACH_RCU, &tailq, tailq) == 12345);
	QTAILQ_REMOVE_RCU(&tailq, e[5], tailq);
	QTAILQ_REMOVE_RCU(&tailq, e[1], tailq);
	QTAILQ_REMOVE_RCU(&tailq, e[3], tailq);
	QTAILQ_INSERT_TAIL_RCU(&tailq, e[1], tailq);
	CHECK(DIGITS(QTAILQ_FOREACH_RCU, &tailq, tailq) == 241);
	QTAILQ_INSERT_BEFORE_RCU(e[2], e[5], tailq);
	CHECK(QTAILQ_FIRST_RCU(&tailq) == e[5] && QTAILQ_NEXT_RCU(e[5], tailq) == e[2]);
	QTAILQ_REMOVE_RCU(&tailq, e[5], tailq);
	QTAILQ_REMOVE_RCU(&tailq, e[2], tailq);
	QTAILQ_REMOVE_RCU(&tailq, e[4], tailq);
	QTAILQ_REMOVE_RCU(&tailq, e[1], tailq);
	CHECK(QTAILQ_EMPTY_RCU(&tailq));
	QTAILQ_INSERT_HEAD_RCU(&tailq, e[1], tailq);
	QTAILQ_INSERT_TAIL_RCU(&tailq, e[2], tailq);
	CHECK(DIGITS(QTAILQ_FOREACH_RCU, &tailq, tailq) == 12);
	QTAILQ_REMOVE_RCU(&tailq, e[1], tailq);
	QTAILQ_REMOVE_RCU(&tailq, e[2], tailq);
	for (int i = 1; i < 6; i++)
		free(e[i]);
}

/* --- Under readers: 10, 20 and 30 are always there; elements between come and go. --- */

static int stop, passes[2];

/* Stays at an element that comes and goes: it has to be the same all the time. */
static void stay(const struct element *at)
{
	int number = at->number;

	for (int i = 0; i < 300; i++)
		CHECK(__atomic_load_n(&at->alive, __ATOMIC_RELAXED) == 0x600d);
	CHECK(__atomic_load_n(&at->number, __ATOMIC_RELAXED) == number);
}

#define PASS(FOREACH, head, field)                                                                                   \
	do {                                                                                                         \
		struct element *at, *following;                                                                      \
		int last = 0, fixed = 0, steps = 0;                                                                  \
		(void)following;                                                                                     \
		rcu_read_lock();                                                                                     \
		FOREACH                                                                                              \
		{                                                                                                    \
			CHECK(at->alive == 0x600d);                                                                  \
			CHECK(at->number >= last);                                                                   \
			CHECK(++steps < 100);                                                                        \
			last = at->number;                                                                           \
			fixed += at->number % 10 == 0;                                                               \
			if (at->number % 10 != 0)                                                                    \
				stay(at);                                                                            \
		}                                                                                                    \
		rcu_read_unlock();                                                                                   \
		CHECK(fixed == 3);                                                                                   \
	} while (0)

static void *reads(void *data)
{
	int *count = (int *)data;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		PASS(QLIST_FOREACH_RCU(at, &list, list), &list, list);
		PASS(QLIST_FOREACH_SAFE_RCU(at, &list, list, following), &list, list);
		PASS(QSLIST_FOREACH_RCU(at, &slist, slist), &slist, slist);
		PASS(QSLIST_FOREACH_SAFE_RCU(at, &slist, slist, following), &slist, slist);
		PASS(QSIMPLEQ_FOREACH_RCU(at, &simpleq, simpleq), &simpleq, simpleq);
		PASS(QSIMPLEQ_FOREACH_SAFE_RCU(at, &simpleq, simpleq, following), &simpleq, simpleq);
		PASS(QTAILQ_FOREACH_RCU(at, &tailq, tailq), &tailq, tailq);
		PASS(QTAILQ_FOREACH_SAFE_RCU(at, &tailq, tailq, following), &tailq, tailq);
		__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void retire(struct element *old)
{
#ifdef FREE_AT_ONCE
	reclaim(old);
#else
	call_rcu(old, reclaim, rcu);
#endif
}

/* Inserts and removes an element of each kind of place: first, in the middle by each way, last. */
static void churn(struct element *fixed[3])
{
	struct element *first = element(5), *middle = element(15), *before = element(25), *last = element(35);

	QLIST_INSERT_HEAD_RCU(&list, first, list);
	QLIST_INSERT_AFTER_RCU(fixed[0], middle, list);
	QLIST_INSERT_BEFORE_RCU(fixed[2], before, list);
	QLIST_INSERT_AFTER_RCU(fixed[2], last, list);
	QLIST_REMOVE_RCU(first, list);
	QLIST_REMOVE_RCU(before, list);
	QLIST_REMOVE_RCU(middle, list);
	QLIST_REMOVE_RCU(last, list);

	QSLIST_INSERT_HEAD_RCU(&slist, first, slist);
	QSLIST_INSERT_AFTER_RCU(fixed[0], middle, slist);
	QSLIST_INSERT_AFTER_RCU(fixed[1], before, slist);
	QSLIST_INSERT_AFTER_RCU(fixed[2], last, slist);
	QSLIST_REMOVE_HEAD_RCU(&slist, slist);
	QSLIST_REMOVE_RCU(&slist, before, element, slist);
	QSLIST_REMOVE_AFTER_RCU(fixed[0], slist);
	QSLIST_REMOVE_RCU(&slist, last, element, slist);

	QSIMPLEQ_INSERT_HEAD_RCU(&simpleq, first, simpleq);
	QSIMPLEQ_INSERT_AFTER_RCU(&simpleq, fixed[0], middle, simpleq);
	QSIMPLEQ_INSERT_AFTER_RCU(&simpleq, fixed[1], before, simpleq);
	QSIMPLEQ_INSERT_TAIL_RCU(&simpleq, last, simpleq);
	QSIMPLEQ_REMOVE_HEAD_RCU(&simpleq, simpleq);
	QSIMPLEQ_REMOVE_RCU(&simpleq, before, element, simpleq);
	QSIMPLEQ_REMOVE_RCU(&simpleq, middle, element, simpleq);
	QSIMPLEQ_REMOVE_RCU(&simpleq, last, element, simpleq);

	QTAILQ_INSERT_HEAD_RCU(&tailq, first, tailq);
	QTAILQ_INSERT_AFTER_RCU(&tailq, fixed[0], middle, tailq);
	QTAILQ_INSERT_BEFORE_RCU(fixed[2], before, tailq);
	QTAILQ_INSERT_TAIL_RCU(&tailq, last, tailq);
	QTAILQ_REMOVE_RCU(&tailq, first, tailq);
	QTAILQ_REMOVE_RCU(&tailq, before, tailq);
	QTAILQ_REMOVE_RCU(&tailq, middle, tailq);
	QTAILQ_REMOVE_RCU(&tailq, last, tailq);

	retire(first);
	retire(middle);
	retire(before);
	retire(last);
}

static void under_readers(void)
{
	struct element *fixed[3];
	pthread_t threads[2];

	QSIMPLEQ_INIT(&simpleq);
	QTAILQ_INIT(&tailq);
	for (int i = 2; i >= 0; i--) {
		fixed[i] = element(10 * (i + 1));
		QLIST_INSERT_HEAD_RCU(&list, fixed[i], list);
		QSLIST_INSERT_HEAD_RCU(&slist, fixed[i], slist);
		QSIMPLEQ_INSERT_HEAD_RCU(&simpleq, fixed[i], simpleq);
		QTAILQ_INSERT_HEAD_RCU(&tailq, fixed[i], tailq);
	}
	for (int i = 0; i < 2; i++)
		threads[i] = start(reads, &passes[i]);
	step("the readers to go along each list while it is changed");
	for (int i = 0; i < 50000 || !(__atomic_load_n(&passes[0], __ATOMIC_RELAXED) > 1000 &&
					__atomic_load_n(&passes[1], __ATOMIC_RELAXED) > 1000);
	     i++)
		churn(fixed);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		join(threads[i]);
	drain_call_rcu();
	for (int i = 0; i < 3; i++)
		free(fixed[i]);
}

int main(void)
{
	watchdog(100);
	qlist();
	qslist();
	qsimpleq();
	qtailq();
	under_readers();
	puts("lists: ok");
	return 0;
}
