#include "core/error.hpp"

#include <stdexcept>

namespace cts {

const char* to_string(errc code) {
  switch (code) {
    case errc::configuration: return "configuration";
    case errc::not_found: return "not_found";
    case errc::unavailable: return "unavailable";
    case errc::timed_out: return "timed_out";
    case errc::refused: return "refused";
    case errc::malformed: return "malformed";
    case errc::system: return "system";
    case errc::limit: return "limit";
    case errc::driver: return "driver";
    case errc::conflict: return "conflict";
    case errc::cancelled: return "cancelled";
  }
  return "unknown";
}

void throw_exception_from_error(const error& reason,
                                const boost::source_location& at) {
  throw std::logic_error{std::string{at.file_name()} + ":"
                         + std::to_string(at.line()) + ": value of a failed "
                         + "result: " + reason.message};
}

} // namespace cts
