/* Loads plugins, has each read on threads that were there before and on new ones, inside sections of its own too, while values are replaced; and unloads
 * them while these threads live: `host PLUGIN...`. */
#include "test.h"
#include <dlfcn.h>
#include <rcu.h>

typedef int reads(int **published, int rounds);

static int *published, stop;
static reads *plugin;
static const char *path;
static pthread_barrier_t loaded, done;

static void *reader(void *early)
{
	rcu_read_lock();
	rcu_read_unlock();
	if (early)
		pthread_barrier_wait(&loaded);
	CHECK(plugin(&published, 10000) == 70000);
	rcu_read_lock();
	CHECK(plugin(&published, 10000) == 70000);
	CHECK(rcu_read_ongoing());
	rcu_read_unlock();
	if (early)
		pthread_barrier_wait(&done);
	return NULL;
}

static void *updates(void *data)
{
	(void)data;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		int *new_value = (int *)malloc(sizeof(int)), *old;

		CHECK(new_value);
		*new_value = 7;
		old = rcu_xchg_pointer(&published, new_value);
		synchronize_rcu();
		*old = 0;
		free(old);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t updater;

	watchdog(60);
	published = (int *)malloc(sizeof(int));
	CHECK(published && argc > 1);
	*published = 7;
	updater = start(updates, NULL);
	for (int i = 1; i < argc; i++) {
		pthread_t early, late;
		void *library;

		path = argv[i];
		step(path);
		CHECK(pthread_barrier_init(&loaded, NULL, 2) == 0 && pthread_barrier_init(&done, NULL, 2) == 0);
		early = start(reader, &loaded);
		library = dlopen(path, RTLD_NOW);
		if (!library)
			fprintf(stderr, "%s\n", dlerror());
		CHECK(library);
		*(void **)&plugin = dlsym(library, "plugin_reads");
		CHECK(plugin);
		pthread_barrier_wait(&loaded);
		late = start(reader, NULL);
		join(late);
		pthread_barrier_wait(&done);
		CHECK(dlclose(library) == 0);
		join(early);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	step("the updater to end");
	join(updater);
	free(published);
	printf("host: ok, %d plugins\n", argc - 1);
	return 0;
}
