/* Marks phases of a program in the trace that `farfault record` makes of it. For C and C++.
 *
 *     #include <farfault/marker.h>
 *
 *     farfault_mark("solve");
 *
 * The trace has a marker of this name at this place. Outside of a recording a call is a handful of instructions that do
 * nothing; the name is not looked at. In a recording, the trace has the accesses that read the name, and a few more.
 *
 * A name is cut behind 200 bytes, and control characters in it become '?'.
 *
 * Needs valgrind's header when the program is compiled (Debian: valgrind); nothing needs to be linked. Without that
 * header, or with FARFAULT_NO_MARKERS defined, calls are nothing at all. */
#ifndef FARFAULT_MARKER_H
#define FARFAULT_MARKER_H

#if !defined(FARFAULT_NO_MARKERS) && defined(__has_include)
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define FARFAULT_HAS_MARKERS 1
#endif
#endif

/* `name` ends with a zero byte. */
static inline void farfault_mark(const char* name) {
#ifdef FARFAULT_HAS_MARKERS
  char text[201];
  unsigned length = 0;
  if (!RUNNING_ON_VALGRIND) return;
  for (; length < sizeof text - 1 && name[length] != '\0'; ++length) {
    const unsigned char byte = (unsigned char)name[length];
    text[length] = (char)(byte < 0x20 || byte == 0x7f ? '?' : byte);
  }
  text[length] = '\0';
  VALGRIND_PRINTF("farfault: %s\n", text);
#else
  (void)name;
#endif
}

#endif
