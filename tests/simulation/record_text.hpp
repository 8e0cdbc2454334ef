#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace boost::json {
class value;
}

/// Looks into the JSON of records without the product's own code.
namespace cts::simulation {

/// Null if the text is no JSON.
boost::json::value read_record(std::string_view text);

/// A member; null if there is none.
const boost::json::value& member_of(const boost::json::value& x,
                                    std::string_view name);

/// Empty, 0 or false if there is no such member.
std::string text_in(const boost::json::value& x, std::string_view name);
std::uint64_t number_in(const boost::json::value& x, std::string_view name);

} // namespace cts::simulation
