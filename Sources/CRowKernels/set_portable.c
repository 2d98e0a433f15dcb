// For every processor.
#define SET portable
#define HAS_F16C 0
#define HAS_FMA 0
#include "row_set.h"
