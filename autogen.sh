#!/bin/sh
# Makes configure and Makefile.in; needs autoconf, automake and pkg-config.
set -eu
cd "$(dirname "$0")"
autoreconf --install --force --warnings=all,no-obsolete
