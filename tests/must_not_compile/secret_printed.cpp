// A secret has no way into a stream.
// refused with: no match for
#include <iostream>
#include "core/secret.hpp"

using namespace spreaders;

#ifdef MISTAKE
void show(const Secret& secret) { std::cout << secret; }
#else
void show(const Secret& secret) { std::cout << secret.empty(); }
#endif
