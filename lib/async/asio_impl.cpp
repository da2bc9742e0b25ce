// SPDX-License-Identifier: MIT
// The one unit that compiles Asio (see BOOST_ASIO_SEPARATE_COMPILATION).
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
