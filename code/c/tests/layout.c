/* What this compiler makes of the structs, compared with what Rust makes of them: layout.inc is written by the Rust
 * tests. Compiled as C99 and as C++; it is right when it compiles. */
#include "yitong_code.h"

/* An array of -1 elements does not compile. */
#define CHECK(name, holds) typedef char name[(holds) ? 1 : -1];
#define SIZE(type, bytes) CHECK(size_of_##type, sizeof(type) == (bytes))
#define PLACE(type, field, bytes) CHECK(place_of_##type##_##field, offsetof(type, field) == (bytes))

#include "layout.inc"

SIZE(yitong_reason, 4)
SIZE(yitong_problem, 4)
