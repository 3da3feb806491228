# Lines as people write them for themselves.
curl -sSLk -u "ana:$SHOP_PASSWORD" -H "X-Api-Key: ${API_KEY}" -H 'Accept:' -H 'X-Empty;' \
  -d q=1 -d 'r=2 3' --data-urlencode 'name=João & Co' https://shop.example/search | jq .
curl -G https://shop.example/search -d q=1 --data-urlencode 'r=2 3' --max-time 5 -o /dev/null
curl --json '{"a":1}' -XPUT https://shop.example/items/7 --connect-to ::10.0.0.7:8443 --tlsv1.3
curl -I shop.example/ --next -F 'title=Um título' -F 'n=5;type=text/plain' https://shop.example/form
