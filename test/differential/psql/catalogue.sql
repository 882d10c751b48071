\dn+
\dt shop.*
\d shop.customers
\d+ shop.orders
\d shop.totals
\dv shop.*
\dm shop.*
\ds shop.*
\dT+ shop.*
\df shop.*
\sf shop.touch
\sv shop.totals
\di shop.*
\dx
\l shop
\du postgres
\dp shop.*
\dd
\dD shop.*
\dy
\dRp
\z shop.orders
\d shop.events
\d shop.events_2024
\do =
\dC
\sf+ shop.touch
