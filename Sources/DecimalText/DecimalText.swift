// Numbers as decimal text and back: integers of up to 64 bits, f16, f32 and f64.
//
// Design
//
// Writing a float (`NumberText`) is Schubfach (Giulietti 2020): one multiplication by a power of ten of 128 bits, digits
// split eight at a time, moved sixteen at a time. What that does not decide (a result within its error of a boundary,
// powers of two, subnormals) is decided exactly, apart from the fast path. Reading one (`NumberParser`) is Clinger (1990)
// where one exact operation makes the value, else Eisel and Lemire (2021), else a comparison of natural numbers with the
// halfway case. Both use one table (`PowersOfTen`), computed at load: no data to trust, and a test that derives it anew.
//
// Why not libstdc++
//
// The Swift runtime links libstdc++ anyway, and it has `std::to_chars` and `std::from_chars`. They were tried, behind
// four C functions: `to_chars` as `fixed` from 1e-4 to 2^53 (2^24) and as `scientific` outside gives the same texts.
// Instructions of a server per request, random f64 of 17 digits (and of two decimals):
//
//               here                  to_chars, from_chars
//   VGET            4 702 (  4 716)       5 167 (    5 221)   +10 % (+11 %)
//   VMGET, 100    113 686 (112 411)     157 913 (  163 384)   +39 % (+45 %)
//   VALL, 1000    630 072 (634 207)   1 075 777 (1 139 448)   +71 % (+80 %)
//   VADD            5 159 (  5 126)       5 281 (    5 198)    +2 % ( +1 %)
//
// Replies of many floats are up to 1.8 times as dear; to be taken, the shim had to stay within a tenth. Other reasons:
//
// - `from_chars` has one error for too large and too small, refuses `+`, and takes `infinity`, `-nan` and `nan(1)`: most
//   of the scanning would still be ours. (VADD above is without it.)
// - What converts is the libstdc++ of the machine that runs the module. That of gcc 11 (RHEL 9) has `strtod` read a copy
//   of the text, allocated if it is long, in a locale that it switches to; gcc 12's neither allocates nor switches.
//
// Counted with Swift 6.3.1 (whose clang takes the headers of gcc 12.2), `make module`, Redis 7.0.15, x86-64, as the
// difference of callgrind runs of N and 2N requests by `redis-benchmark -c 1 -P 32` (VGET and VADD: `-P 256`, with
// `/dev/urandom` read as zeros, because the seed of the server's hash tables is worth 150 instructions more or less).
