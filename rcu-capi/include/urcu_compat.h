/* liburcu's names, of the functions that have a counterpart of the same meaning: to be included instead of <urcu.h> or
 * <urcu/urcu-memb.h>. The readers are those of rcu.h, and the switches before it hold here too.
 *
 * What has none is not here: see the guide, "Switch from liburcu". */
#ifndef RCU_CAPI_URCU_COMPAT_H
#define RCU_CAPI_URCU_COMPAT_H

#ifdef RCU_CAPI_RCU_H
#error "urcu_compat.h takes the place of rcu.h: call_rcu has other arguments there"
#endif
#include "rcu.h"

#define rcu_read_lock rcu_capi_read_lock
#define rcu_read_unlock rcu_capi_read_unlock
#define rcu_read_ongoing rcu_capi_read_ongoing

#define rcu_dereference(p) RCU_CAPI_LOAD(&(p))
#define rcu_assign_pointer(p, v) RCU_CAPI_STORE(&(p), (v))
#define rcu_set_pointer(p, v) RCU_CAPI_STORE((p), (v))
#define rcu_xchg_pointer(p, v) RCU_CAPI_XCHG((p), (v))
#define rcu_cmpxchg_pointer(p, old, v) RCU_CAPI_CMPXCHG((p), (old), (v))

/* void rcu_init(void): what it does is not needed, and it does not fail. */
#define rcu_init() ((void)rcu_capi_init())
#define rcu_register_thread rcu_capi_register_thread
#define rcu_unregister_thread rcu_capi_unregister_thread

#define synchronize_rcu rcu_capi_synchronize
#define rcu_head rcu_capi_head
#define call_rcu rcu_capi_call
#define rcu_barrier rcu_capi_drain

/* A grace period to poll for. */
struct rcu_capi_gp_poll_state {
	uint64_t number;
};
#define urcu_gp_poll_state rcu_capi_gp_poll_state

static inline struct rcu_capi_gp_poll_state rcu_capi_start_poll_state(void)
{
	struct rcu_capi_gp_poll_state state = { rcu_capi_start_poll() };

	return state;
}
#define start_poll_synchronize_rcu rcu_capi_start_poll_state
#define poll_state_synchronize_rcu(state) rcu_capi_poll((state).number)

/* fork() is always covered: these have nothing to do. */
static inline void rcu_capi_nothing(void)
{
}
#define call_rcu_before_fork rcu_capi_nothing
#define call_rcu_after_fork_parent rcu_capi_nothing
#define call_rcu_after_fork_child rcu_capi_nothing

/* As in liburcu's flavours other than QSBR. */
#define rcu_quiescent_state rcu_capi_nothing
#define rcu_thread_offline rcu_capi_nothing
#define rcu_thread_online rcu_capi_nothing

#ifndef caa_container_of
#define caa_container_of(p, type, member)                                                                            \
	__extension__({                                                                                              \
		const __typeof__(((type *)0)->member) *rcu_capi_member = (p);                                        \
		(type *)(uintptr_t)((const char *)rcu_capi_member - offsetof(type, member));                         \
	})
#endif

/* By flavour: the one that uses membarrier. */
#define urcu_memb_read_lock rcu_read_lock
#define urcu_memb_read_unlock rcu_read_unlock
#define urcu_memb_read_ongoing rcu_read_ongoing
#define urcu_memb_register_thread rcu_register_thread
#define urcu_memb_unregister_thread rcu_unregister_thread
#define urcu_memb_synchronize_rcu synchronize_rcu
#define urcu_memb_call_rcu call_rcu
#define urcu_memb_barrier rcu_barrier
#define urcu_memb_start_poll_synchronize_rcu start_poll_synchronize_rcu
#define urcu_memb_poll_state_synchronize_rcu poll_state_synchronize_rcu
#define urcu_memb_call_rcu_before_fork call_rcu_before_fork
#define urcu_memb_call_rcu_after_fork_parent call_rcu_after_fork_parent
#define urcu_memb_call_rcu_after_fork_child call_rcu_after_fork_child

#endif
