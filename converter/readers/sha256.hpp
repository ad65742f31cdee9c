// SHA-256 (FIPS 180-4), by libcrypto.
#ifndef HEED_CONVERTER_READERS_SHA256_HPP
#define HEED_CONVERTER_READERS_SHA256_HPP

#include <string>
#include <string_view>

struct evp_md_ctx_st; // OpenSSL's EVP_MD_CTX, kept out of this header

namespace heed::convert {

class Sha256 {
 public:
  Sha256(); // throws Error(out_of_memory)
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  void update(std::string_view bytes);
  // 64 lower-case hexadecimal digits. The object is of no further use.
  std::string finish();

 private:
  evp_md_ctx_st* context_;
};

} // namespace heed::convert

#endif // HEED_CONVERTER_READERS_SHA256_HPP
