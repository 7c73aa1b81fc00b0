/* What is left to a process behind each step of giving up its rights. */
#include "worker/common/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.h"
#include "support/child.h"
#include "sys/priv.h"
#include "sys/sandbox.h"

static bool
can_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno == ENOENT;
}

/* A bit for each thing that went wrong. */
static int
compile_without_names(void *may_resolve)
{
	bool is_resolving = *(bool *)may_resolve;
	char mem[256];
	struct text why;
	int wrong = 0;

	text_init(&why, mem, sizeof(mem));
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	wrong |= !confine_for_compile(is_resolving, &why) ? 1 : 0;
	wrong |= priv_has_net_raw() ? 2 : 0;
	wrong |= !can_open("/etc/services") ? 4 : 0;
	wrong |= sandbox_has_landlock() && can_open("/etc/passwd") ? 8 : 0;
	wrong |=
	    can_open("/etc/hosts") != is_resolving && sandbox_has_landlock() ? 16 : 0;
	wrong |= (socket(AF_INET, SOCK_DGRAM, 0) >= 0) != is_resolving ? 32 : 0;
	return wrong;
}

static void
a_compiling_process_has_no_rights_and_only_the_files_that_name_things(void **state)
{
	bool may_resolve = false;

	(void)state;
	if (!sandbox_has_seccomp())
		skip();
	assert_int_equal(child_run(compile_without_names, &may_resolve), 0);
	may_resolve = true;
	assert_int_equal(child_run(compile_without_names, &may_resolve), 0);
}

/* Without no_new_privs and CAP_SYS_ADMIN neither filter can be had. */
static int
confine_where_it_is_refused(void *arg)
{
	char mem[256];
	struct text why;

	(void)arg;
	text_init(&why, mem, sizeof(mem) - 1);
	if (confine_front(&why))
		return 1;
	return strcmp(text_cstr(&why), "the process cannot be confined: Landlock: "
				       "Operation not permitted") == 0
		   ? 0
		   : 2;
}

static void
a_step_that_fails_where_the_kernel_knows_it_is_a_failure(void **state)
{
	(void)state;
	if (!sandbox_has_landlock())
		skip();
	assert_int_equal(child_run(confine_where_it_is_refused, NULL), 0);
}

static void
names_are_read_from_files_only_where_they_may_be_looked_up(void **state)
{
	const char *const *files = confine_files(false);

	(void)state;
	assert_string_equal(files[0], "/etc/services");
	assert_null(files[1]);
	files = confine_files(true);
	assert_string_equal(files[2], "/etc/resolv.conf");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_compiling_process_has_no_rights_and_only_the_files_that_name_things),
	    cmocka_unit_test(a_step_that_fails_where_the_kernel_knows_it_is_a_failure),
	    cmocka_unit_test(names_are_read_from_files_only_where_they_may_be_looked_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
