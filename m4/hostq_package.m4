# HOSTQ_PACKAGE(PREFIX, MODULE, DEBIAN-PACKAGE)
# As PKG_CHECK_MODULES, but notes a missing package instead of stopping, so
# that HOSTQ_PACKAGES_DONE can name all of them in one line.
AC_DEFUN([HOSTQ_PACKAGE], [
  PKG_CHECK_MODULES([$1], [$2], [:],
    [hostq_missing="$hostq_missing $3"])
])
AC_DEFUN([HOSTQ_PACKAGES_DONE], [
  AS_IF([test -n "$hostq_missing"],
    [AC_MSG_ERROR([libraries are missing; on Debian: apt-get install$hostq_missing])])
])
