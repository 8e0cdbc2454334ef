#pragma once

#include <boost/program_options.hpp>

namespace cts::failover {

/// Reads words like `-trials 3` into what `known` says. Throws
/// boost::program_options::error, a std::exception, for words that are none of
/// these.
inline boost::program_options::variables_map
read_options(const boost::program_options::options_description& known,
             int count, char** words) {
  namespace po = boost::program_options;
  using style = po::command_line_style::style_t;
  auto out = po::variables_map{};
  po::store(po::command_line_parser(count, words)
              .options(known)
              .style(style::unix_style | style::allow_long_disguise)
              .run(),
            out);
  po::notify(out);
  return out;
}

} // namespace cts::failover
