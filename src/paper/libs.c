#define PAPER_LIBS_LOADER /* the names themselves are meant here */
#include "paper/libs.h"

#include <dlfcn.h>
#include <pthread.h>

#include "base/log.h"
#include "base/str.h"

/* It brings the others along, and what is looked for in it is looked for in them, too. */
#define LIBRARY "libpangocairo-1.0.so.0"

struct paper_libs paper_libs;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static void *find(void *library, const char *name) {
  void *function = library != NULL ? dlsym(library, name) : NULL;
  if (function == NULL) {
    LOG(LOG_ERROR, "No PDF can be made: install the packages libpangocairo-1.0-0 and libcairo2.",
        LOG_S("why", dlerror()));
    loaded = false;
  }
  return function;
}

static void load(void) {
  void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL); /* kept for the life of the process */
  loaded = true;
/* POSIX lets a function's address be read through a pointer to an object. */
#define LIB_FUNCTION(name)                             \
  if (loaded) {                                        \
    *(void **)&paper_libs.name = find(library, #name); \
  }
#include "paper/libs.def"
#undef LIB_FUNCTION
}

bool libs_load(void) {
  pthread_once(&once, load);
  return loaded;
}
