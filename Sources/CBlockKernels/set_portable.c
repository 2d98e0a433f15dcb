// For every processor.
#define SET portable
#define VECTOR 32
#define HAS_F16C 0
#include "block_set.h"
