#!/bin/sh
# Brings what Qt and OpenGL need on a machine without a screen; says in one line what is missing.
set -u

[ -n "${DISPLAY:-}" ] && exit 0          # a screen is there
[ "$(uname -s)" = Linux ] || exit 0      # Windows and macOS draw without X

PACKAGES="xvfb libegl1 libgl1 libgl1-mesa-dri libglib2.0-0 libfontconfig1 libdbus-1-3 libx11-xcb1
  libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
  libxcb-render-util0 libxcb-shape0 libxcb-xkb1"

if ! command -v dpkg-query >/dev/null 2>&1; then
  command -v Xvfb >/dev/null 2>&1 ||
    echo "The window tests need Xvfb and the Qt xcb libraries (Debian's names: $(echo $PACKAGES)): install them"
  exit 0
fi

missing=""
for package in $PACKAGES; do
  # Newer releases rename some libraries (libglib2.0-0t64); "Provides" still names the old one.
  dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' 2>/dev/null |
    grep -Eq "^installed .*(^| )$package(t64)?( |,|\$)" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
  echo "Installing for the window tests:$missing"
  apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null &&
    exit 0
fi
echo "The window tests need: apt-get install$missing"
exit 0
