# HOSTQ_CFLAGS(VARIABLE, FLAGS)
# Appends each flag that the compiler and the linker take without a word to
# VARIABLE. The program tested includes a header (glibc has conditions on
# _FORTIFY_SOURCE) and, unlike those of AC_LANG_PROGRAM, none of configure's
# macros (-Wunused-macros).
AC_DEFUN([HOSTQ_CFLAGS], [
  AS_ECHO(["#include <stdio.h>"]) >conftest.c
  AS_ECHO(["int main(void) { return 0; }"]) >>conftest.c
  for hostq_flag in m4_normalize([$2]); do
    AC_MSG_CHECKING([whether $CC takes $hostq_flag])
    AS_IF([$CC $CPPFLAGS $CFLAGS -Werror $hostq_flag $LDFLAGS -o conftest$EXEEXT conftest.c >&AS_MESSAGE_LOG_FD 2>&1],
      [AC_MSG_RESULT([yes]); $1="$$1 $hostq_flag"],
      [AC_MSG_RESULT([no])])
  done
  rm -f conftest.c conftest$EXEEXT
])
