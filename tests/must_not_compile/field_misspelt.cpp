// A field list that names a member the struct does not have.
// refused with: captoin
#include "core/fields.hpp"

using namespace spreaders;

#ifdef MISTAKE
struct Post {
  std::string caption;
  SPR_FIELDS(Post, SPR_FIELD(captoin, "Text under the post"));
};
#else
struct Post {
  std::string caption;
  SPR_FIELDS(Post, SPR_FIELD(caption, "Text under the post"));
};
#endif
