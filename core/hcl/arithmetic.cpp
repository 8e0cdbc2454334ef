#include "core/hcl/arithmetic.hpp"

#include "core/decimal.hpp"

#include <boost/multiprecision/cpp_dec_float.hpp>

namespace cts::hcl {

namespace {

using wide = boost::multiprecision::cpp_dec_float_100;

constexpr auto digits = 100;

wide truncated(const wide& x) {
  return boost::multiprecision::trunc(x);
}

} // namespace

std::optional<number> calculate(const number& a, char op, const number& b) {
  auto x = wide{a.text};
  auto y = wide{b.text};
  if ((op == '/' || op == '%') && y == 0)
    return std::nullopt;
  switch (op) {
    case '+': x += y; break;
    case '-': x -= y; break;
    case '*': x *= y; break;
    case '/': x /= y; break;
    default: x -= y * truncated(x / y); break;
  }
  auto text = decimal::canonical(x.str(digits, std::ios_base::scientific));
  return text ? std::optional{number{*text}} : std::nullopt;
}

std::strong_ordering compare(const number& a, const number& b) {
  auto order = wide{a.text}.compare(wide{b.text});
  return order <=> 0;
}

} // namespace cts::hcl
