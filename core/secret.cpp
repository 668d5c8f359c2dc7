#include "core/secret.hpp"

#include <openssl/crypto.h>

namespace spreaders {

void Secret::wipe(std::string& text) {
  if (!text.empty()) OPENSSL_cleanse(text.data(), text.size());
}

}  // namespace spreaders
