/* What the tests have in common. C11 and C++17. */
#ifndef TEST_H
#define TEST_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition)                                                                                             \
	do {                                                                                                         \
		if (!(condition)) {                                                                                  \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                \
			abort();                                                                                     \
		}                                                                                                    \
	} while (0)

/* What the test waits for, if it does. */
static const char *volatile waits_for = "nothing";

static inline void step(const char *what)
{
	waits_for = what;
}

static inline void watchdog_bites(int signal)
{
	static const char text[] = "watchdog: the test still waits for: ";

	(void)signal;
	if (write(2, text, sizeof(text) - 1) < 0 || write(2, waits_for, strlen(waits_for)) < 0 || write(2, "\n", 1) < 0)
		_exit(3);
	_exit(2);
}

/* Ends the process in so many seconds, and says what it waited for. */
static inline void watchdog(unsigned seconds)
{
	signal(SIGALRM, watchdog_bites);
	alarm(seconds);
}

static inline pthread_t start(void *(*run)(void *), void *data)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, run, data) == 0);
	return thread;
}

static inline void join(pthread_t thread)
{
	CHECK(pthread_join(thread, NULL) == 0);
}

#endif
