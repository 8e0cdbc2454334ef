#include "core/sha256.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace cts {

namespace {

using word = std::uint32_t;

constexpr auto block_bytes = std::size_t{64};

/// FIPS 180-4, 4.2.2: of the cube roots of the first 64 primes.
constexpr auto rounds = std::array<word, 64>{
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
  0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
  0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
  0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

using digest = std::array<word, 8>;

constexpr auto initial = digest{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

std::array<word, 64> schedule_of(std::string_view block) {
  auto out = std::array<word, 64>{};
  for (auto i = std::size_t{0}; i < block_bytes; ++i)
    out[i / 4] = (out[i / 4] << 8U) | static_cast<unsigned char>(block[i]);
  for (auto i = std::size_t{16}; i < out.size(); ++i) {
    auto a = out[i - 15];
    auto b = out[i - 2];
    out[i] = out[i - 16] + out[i - 7]
             + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3U))
             + (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10U));
  }
  return out;
}

void absorb(digest& to, std::string_view block) {
  const auto words = schedule_of(block);
  auto x = to;
  for (auto i = std::size_t{0}; i < words.size(); ++i) {
    auto e = x[4];
    auto a = x[0];
    auto first = x[7] + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25))
                 + ((e & x[5]) ^ (~e & x[6])) + rounds[i] + words[i];
    auto second = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22))
                  + ((a & x[1]) ^ (a & x[2]) ^ (x[1] & x[2]));
    x = {first + second, a, x[1], x[2], x[3] + first, e, x[5], x[6]};
  }
  for (auto i = std::size_t{0}; i < to.size(); ++i)
    to[i] += x[i];
}

/// What follows the last whole block: the rest, a one bit, and the length.
std::string padded(std::string_view rest, std::uint64_t bits) {
  auto out = std::string{rest} + '\x80';
  while (out.size() % block_bytes != block_bytes - 8)
    out += '\0';
  for (auto shift = 64; shift > 0; shift -= 8)
    out += static_cast<char>(static_cast<unsigned char>(bits >> (shift - 8)));
  return out;
}

} // namespace

std::string sha256_hex(std::string_view bytes) {
  constexpr auto digits = "0123456789abcdef";
  auto bits = static_cast<std::uint64_t>(bytes.size()) * 8;
  auto state = initial;
  for (; bytes.size() >= block_bytes; bytes.remove_prefix(block_bytes))
    absorb(state, bytes.substr(0, block_bytes));
  auto tail = padded(bytes, bits);
  for (auto i = std::size_t{0}; i < tail.size(); i += block_bytes)
    absorb(state, std::string_view{tail}.substr(i, block_bytes));
  auto out = std::string{};
  for (auto part : state)
    for (auto shift = 32; shift > 0; shift -= 4)
      out += digits[(part >> (shift - 4)) & 15U];
  return out;
}

} // namespace cts
