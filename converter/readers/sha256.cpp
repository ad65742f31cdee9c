#include "converter/readers/sha256.hpp"

#include "converter/error.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

namespace heed::convert {
namespace {

// EVP fails only when libcrypto cannot allocate or was built without the digest.
void require(int result) {
  if (result != 1) throw Error(StatusCode::out_of_memory, "libcrypto cannot compute SHA-256");
}

} // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) != 1) {
    EVP_MD_CTX_free(context_); // accepts null; the destructor does not run after a throw
    require(0);
  }
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_);
}

void Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(context_, bytes.data(), bytes.size()));
}

std::string Sha256::finish() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  require(EVP_DigestFinal_ex(context_, digest, &length));
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

} // namespace heed::convert
