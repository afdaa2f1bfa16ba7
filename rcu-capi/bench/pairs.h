/* One way to read: enters, follows a protected pointer and leaves, `rounds` times. */
#ifndef PAIRS_H
#define PAIRS_H

struct value {
	long number;
};

extern struct value *protected_value;

long inlined(long rounds);
long called(long rounds);
long urcu_inlined(long rounds);
long urcu_called(long rounds);

#endif
