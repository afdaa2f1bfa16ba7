/* The operations of QEMU's lists that are for RCU: an updater inserts and removes while readers go along.
 *
 * Updaters keep one another out by a lock of their own. Readers are inside a section, go forward only, and use none but the
 * operations here. What was removed keeps its way forward until it is freed, which is after a grace period: readers may be at it.
 *
 * Heads, entries and the operations that are not for RCU are those of QEMU's qemu/queue.h, if that is included before; otherwise those
 * that are needed to go without it are defined here. The names of the fields are the same. */
#ifndef RCU_CAPI_RCU_QUEUE_H
#define RCU_CAPI_RCU_QUEUE_H

#include "rcu.h"

/* A reader's load, and an updater's stores: one that shows a new element, and one that leaves an element out. That shows the one behind it in a
 * new place, so it is a release as well: who finds it there has to see what was written before it was first shown. */
#define RCU_CAPI_NEXT(p) RCU_CAPI_LOAD(&(p))
#define RCU_CAPI_SHOW(p, v) RCU_CAPI_STORE(&(p), (v))
#define RCU_CAPI_UNLINK(p, v) RCU_CAPI_STORE(&(p), (v))

#ifndef QLIST_HEAD

#define QLIST_HEAD(name, type)                                                                                       \
	struct name {                                                                                                \
		struct type *lh_first;                                                                               \
	}
#define QLIST_HEAD_INITIALIZER(head) { NULL }
#define QLIST_ENTRY(type)                                                                                            \
	struct {                                                                                                     \
		struct type *le_next;                                                                                \
		struct type **le_prev;                                                                               \
	}
#define QLIST_INIT(head) ((head)->lh_first = NULL)

#define QSLIST_HEAD(name, type)                                                                                      \
	struct name {                                                                                                \
		struct type *slh_first;                                                                              \
	}
#define QSLIST_HEAD_INITIALIZER(head) { NULL }
#define QSLIST_ENTRY(type)                                                                                           \
	struct {                                                                                                     \
		struct type *sle_next;                                                                               \
	}
#define QSLIST_INIT(head) ((head)->slh_first = NULL)

#define QSIMPLEQ_HEAD(name, type)                                                                                    \
	struct name {                                                                                                \
		struct type *sqh_first;                                                                              \
		struct type **sqh_last;                                                                              \
	}
#define QSIMPLEQ_HEAD_INITIALIZER(head) { NULL, &(head).sqh_first }
#define QSIMPLEQ_ENTRY(type)                                                                                         \
	struct {                                                                                                     \
		struct type *sqe_next;                                                                               \
	}
#define QSIMPLEQ_INIT(head) ((head)->sqh_first = NULL, (head)->sqh_last = &(head)->sqh_first)

/* A place in a tail queue: the next element, and the place before, whose own `tql_prev` leads on backwards. */
typedef struct QTailQLink {
	void *tql_next;
	struct QTailQLink *tql_prev;
} QTailQLink;

#define QTAILQ_HEAD(name, type)                                                                                      \
	union name {                                                                                                 \
		struct type *tqh_first;                                                                              \
		QTailQLink tqh_circ;                                                                                 \
	}
#define QTAILQ_HEAD_INITIALIZER(head) { .tqh_circ = { NULL, &(head).tqh_circ } }
#define QTAILQ_ENTRY(type)                                                                                           \
	union {                                                                                                      \
		struct type *tqe_next;                                                                               \
		QTailQLink tqe_circ;                                                                                 \
	}
#define QTAILQ_INIT(head) ((head)->tqh_first = NULL, (head)->tqh_circ.tql_prev = &(head)->tqh_circ)

#endif

/* --- QLIST: doubly linked, from its front --- */

#define QLIST_EMPTY_RCU(head) (RCU_CAPI_NEXT((head)->lh_first) == NULL)
#define QLIST_FIRST_RCU(head) RCU_CAPI_NEXT((head)->lh_first)
#define QLIST_NEXT_RCU(elm, field) RCU_CAPI_NEXT((elm)->field.le_next)

#define QLIST_INSERT_HEAD_RCU(head, elm, field)                                                                      \
	do {                                                                                                         \
		(elm)->field.le_prev = &(head)->lh_first;                                                            \
		(elm)->field.le_next = (head)->lh_first;                                                             \
		RCU_CAPI_SHOW((head)->lh_first, (elm));                                                              \
		if ((elm)->field.le_next != NULL)                                                                    \
			(elm)->field.le_next->field.le_prev = &(elm)->field.le_next;                                 \
	} while (0)

#define QLIST_INSERT_AFTER_RCU(listelm, elm, field)                                                                  \
	do {                                                                                                         \
		(elm)->field.le_prev = &(listelm)->field.le_next;                                                    \
		(elm)->field.le_next = (listelm)->field.le_next;                                                     \
		RCU_CAPI_SHOW((listelm)->field.le_next, (elm));                                                      \
		if ((elm)->field.le_next != NULL)                                                                    \
			(elm)->field.le_next->field.le_prev = &(elm)->field.le_next;                                 \
	} while (0)

#define QLIST_INSERT_BEFORE_RCU(listelm, elm, field)                                                                 \
	do {                                                                                                         \
		(elm)->field.le_prev = (listelm)->field.le_prev;                                                     \
		(elm)->field.le_next = (listelm);                                                                    \
		RCU_CAPI_SHOW(*(listelm)->field.le_prev, (elm));                                                     \
		(listelm)->field.le_prev = &(elm)->field.le_next;                                                    \
	} while (0)

#define QLIST_REMOVE_RCU(elm, field)                                                                                 \
	do {                                                                                                         \
		if ((elm)->field.le_next != NULL)                                                                    \
			(elm)->field.le_next->field.le_prev = (elm)->field.le_prev;                                  \
		RCU_CAPI_UNLINK(*(elm)->field.le_prev, (elm)->field.le_next);                                        \
	} while (0)

#define QLIST_FOREACH_RCU(var, head, field)                                                                          \
	for ((var) = QLIST_FIRST_RCU(head); (var) != NULL; (var) = QLIST_NEXT_RCU(var, field))

#define QLIST_FOREACH_SAFE_RCU(var, head, field, next_var)                                                           \
	for ((var) = QLIST_FIRST_RCU(head); (var) != NULL && ((next_var) = QLIST_NEXT_RCU(var, field), 1);           \
	     (var) = (next_var))

/* --- QSLIST: singly linked, from its front --- */

#define QSLIST_EMPTY_RCU(head) (RCU_CAPI_NEXT((head)->slh_first) == NULL)
#define QSLIST_FIRST_RCU(head) RCU_CAPI_NEXT((head)->slh_first)
#define QSLIST_NEXT_RCU(elm, field) RCU_CAPI_NEXT((elm)->field.sle_next)

#define QSLIST_INSERT_HEAD_RCU(head, elm, field)                                                                     \
	do {                                                                                                         \
		(elm)->field.sle_next = (head)->slh_first;                                                           \
		RCU_CAPI_SHOW((head)->slh_first, (elm));                                                             \
	} while (0)

#define QSLIST_INSERT_AFTER_RCU(listelm, elm, field)                                                                 \
	do {                                                                                                         \
		(elm)->field.sle_next = (listelm)->field.sle_next;                                                   \
		RCU_CAPI_SHOW((listelm)->field.sle_next, (elm));                                                     \
	} while (0)

#define QSLIST_REMOVE_HEAD_RCU(head, field)                                                                          \
	RCU_CAPI_UNLINK((head)->slh_first, (head)->slh_first->field.sle_next)

#define QSLIST_REMOVE_AFTER_RCU(listelm, field)                                                                      \
	RCU_CAPI_UNLINK((listelm)->field.sle_next, (listelm)->field.sle_next->field.sle_next)

#define QSLIST_REMOVE_RCU(head, elm, type, field)                                                                    \
	do {                                                                                                         \
		struct type **rcu_capi_place = &(head)->slh_first;                                                   \
		while (*rcu_capi_place != (elm))                                                                     \
			rcu_capi_place = &(*rcu_capi_place)->field.sle_next;                                         \
		RCU_CAPI_UNLINK(*rcu_capi_place, (elm)->field.sle_next);                                             \
	} while (0)

#define QSLIST_FOREACH_RCU(var, head, field)                                                                         \
	for ((var) = QSLIST_FIRST_RCU(head); (var) != NULL; (var) = QSLIST_NEXT_RCU(var, field))

#define QSLIST_FOREACH_SAFE_RCU(var, head, field, next_var)                                                          \
	for ((var) = QSLIST_FIRST_RCU(head); (var) != NULL && ((next_var) = QSLIST_NEXT_RCU(var, field), 1);         \
	     (var) = (next_var))

/* --- QSIMPLEQ: singly linked, with a tail --- */

#define QSIMPLEQ_EMPTY_RCU(head) (RCU_CAPI_NEXT((head)->sqh_first) == NULL)
#define QSIMPLEQ_FIRST_RCU(head) RCU_CAPI_NEXT((head)->sqh_first)
#define QSIMPLEQ_NEXT_RCU(elm, field) RCU_CAPI_NEXT((elm)->field.sqe_next)

#define QSIMPLEQ_INSERT_HEAD_RCU(head, elm, field)                                                                   \
	do {                                                                                                         \
		(elm)->field.sqe_next = (head)->sqh_first;                                                           \
		if ((elm)->field.sqe_next == NULL)                                                                   \
			(head)->sqh_last = &(elm)->field.sqe_next;                                                   \
		RCU_CAPI_SHOW((head)->sqh_first, (elm));                                                             \
	} while (0)

#define QSIMPLEQ_INSERT_TAIL_RCU(head, elm, field)                                                                   \
	do {                                                                                                         \
		(elm)->field.sqe_next = NULL;                                                                        \
		RCU_CAPI_SHOW(*(head)->sqh_last, (elm));                                                             \
		(head)->sqh_last = &(elm)->field.sqe_next;                                                           \
	} while (0)

#define QSIMPLEQ_INSERT_AFTER_RCU(head, listelm, elm, field)                                                         \
	do {                                                                                                         \
		(elm)->field.sqe_next = (listelm)->field.sqe_next;                                                   \
		if ((elm)->field.sqe_next == NULL)                                                                   \
			(head)->sqh_last = &(elm)->field.sqe_next;                                                   \
		RCU_CAPI_SHOW((listelm)->field.sqe_next, (elm));                                                     \
	} while (0)

#define QSIMPLEQ_REMOVE_HEAD_RCU(head, field)                                                                        \
	do {                                                                                                         \
		RCU_CAPI_UNLINK((head)->sqh_first, (head)->sqh_first->field.sqe_next);                               \
		if ((head)->sqh_first == NULL)                                                                       \
			(head)->sqh_last = &(head)->sqh_first;                                                       \
	} while (0)

#define QSIMPLEQ_REMOVE_RCU(head, elm, type, field)                                                                  \
	do {                                                                                                         \
		struct type **rcu_capi_place = &(head)->sqh_first;                                                   \
		while (*rcu_capi_place != (elm))                                                                     \
			rcu_capi_place = &(*rcu_capi_place)->field.sqe_next;                                         \
		RCU_CAPI_UNLINK(*rcu_capi_place, (elm)->field.sqe_next);                                             \
		if (*rcu_capi_place == NULL)                                                                         \
			(head)->sqh_last = rcu_capi_place;                                                           \
	} while (0)

#define QSIMPLEQ_FOREACH_RCU(var, head, field)                                                                       \
	for ((var) = QSIMPLEQ_FIRST_RCU(head); (var) != NULL; (var) = QSIMPLEQ_NEXT_RCU(var, field))

#define QSIMPLEQ_FOREACH_SAFE_RCU(var, head, field, next_var)                                                        \
	for ((var) = QSIMPLEQ_FIRST_RCU(head); (var) != NULL && ((next_var) = QSIMPLEQ_NEXT_RCU(var, field), 1);     \
	     (var) = (next_var))

/* --- QTAILQ: doubly linked, with a tail --- */

#define QTAILQ_EMPTY_RCU(head) (RCU_CAPI_NEXT((head)->tqh_first) == NULL)
#define QTAILQ_FIRST_RCU(head) RCU_CAPI_NEXT((head)->tqh_first)
#define QTAILQ_NEXT_RCU(elm, field) RCU_CAPI_NEXT((elm)->field.tqe_next)

/* Readers go by the pointers with a type; the links behind them are the updater's. Both are the same word of a union. */

#define QTAILQ_INSERT_HEAD_RCU(head, elm, field)                                                                     \
	do {                                                                                                         \
		(elm)->field.tqe_circ.tql_prev = &(head)->tqh_circ;                                                  \
		(elm)->field.tqe_next = (head)->tqh_first;                                                           \
		if ((elm)->field.tqe_next != NULL)                                                                   \
			(elm)->field.tqe_next->field.tqe_circ.tql_prev = &(elm)->field.tqe_circ;                     \
		else                                                                                                 \
			(head)->tqh_circ.tql_prev = &(elm)->field.tqe_circ;                                          \
		RCU_CAPI_SHOW((head)->tqh_first, (elm));                                                             \
	} while (0)

#define QTAILQ_INSERT_TAIL_RCU(head, elm, field)                                                                     \
	do {                                                                                                         \
		QTailQLink *rcu_capi_last = (head)->tqh_circ.tql_prev;                                               \
		(elm)->field.tqe_next = NULL;                                                                        \
		(elm)->field.tqe_circ.tql_prev = rcu_capi_last;                                                      \
		(head)->tqh_circ.tql_prev = &(elm)->field.tqe_circ;                                                  \
		RCU_CAPI_SHOW(rcu_capi_last->tql_next, (elm));                                                       \
	} while (0)

#define QTAILQ_INSERT_AFTER_RCU(head, listelm, elm, field)                                                           \
	do {                                                                                                         \
		(elm)->field.tqe_next = (listelm)->field.tqe_next;                                                   \
		if ((elm)->field.tqe_next != NULL)                                                                   \
			(elm)->field.tqe_next->field.tqe_circ.tql_prev = &(elm)->field.tqe_circ;                     \
		else                                                                                                 \
			(head)->tqh_circ.tql_prev = &(elm)->field.tqe_circ;                                          \
		(elm)->field.tqe_circ.tql_prev = &(listelm)->field.tqe_circ;                                         \
		RCU_CAPI_SHOW((listelm)->field.tqe_next, (elm));                                                     \
	} while (0)

#define QTAILQ_INSERT_BEFORE_RCU(listelm, elm, field)                                                                \
	do {                                                                                                         \
		QTailQLink *rcu_capi_before = (listelm)->field.tqe_circ.tql_prev;                                    \
		(elm)->field.tqe_circ.tql_prev = rcu_capi_before;                                                    \
		(elm)->field.tqe_next = (listelm);                                                                   \
		(listelm)->field.tqe_circ.tql_prev = &(elm)->field.tqe_circ;                                         \
		RCU_CAPI_SHOW(rcu_capi_before->tql_next, (elm));                                                     \
	} while (0)

#define QTAILQ_REMOVE_RCU(head, elm, field)                                                                          \
	do {                                                                                                         \
		QTailQLink *rcu_capi_before = (elm)->field.tqe_circ.tql_prev;                                        \
		if ((elm)->field.tqe_next != NULL)                                                                   \
			(elm)->field.tqe_next->field.tqe_circ.tql_prev = rcu_capi_before;                            \
		else                                                                                                 \
			(head)->tqh_circ.tql_prev = rcu_capi_before;                                                 \
		RCU_CAPI_UNLINK(rcu_capi_before->tql_next, (elm)->field.tqe_next);                                   \
	} while (0)

#define QTAILQ_FOREACH_RCU(var, head, field)                                                                         \
	for ((var) = QTAILQ_FIRST_RCU(head); (var) != NULL; (var) = QTAILQ_NEXT_RCU(var, field))

#define QTAILQ_FOREACH_SAFE_RCU(var, head, field, next_var)                                                          \
	for ((var) = QTAILQ_FIRST_RCU(head); (var) != NULL && ((next_var) = QTAILQ_NEXT_RCU(var, field), 1);         \
	     (var) = (next_var))

#endif
