curl 'http://127.0.0.1:8080/login.php?next=%2Faccount' \
  -H 'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8' \
  -H 'Accept-Language: pt-BR,pt;q=0.9' \
  -H 'Cache-Control: max-age=0' \
  -H 'Connection: keep-alive' \
  -H 'Content-Type: application/x-www-form-urlencoded' \
  -b 'theme=dark; PHPSESSID=3gm1c1fvmclebqbl8a6l9aegcd' \
  -H 'Origin: http://127.0.0.1:8080' \
  -H 'Referer: http://127.0.0.1:8080/login.php' \
  -H 'Sec-Fetch-Site: same-origin' \
  -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36' \
  --data-raw $'user=ana&password=s3gredo\u0021&csrf=9f2c' \
  --insecure ;
curl 'http://127.0.0.1:8080/account' -H 'Accept: text/html' -b 'theme=light' ;
curl 'https://api.example/v1/items?tag=\[a\]' \
  -X 'DELETE' \
  -H 'Accept: */*' \
  -H 'authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x1'
