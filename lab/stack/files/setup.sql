CREATE DATABASE {{.Database}};
CREATE OR REPLACE USER '{{.User}}'@'127.0.0.1' IDENTIFIED BY '{{.Password}}';
GRANT ALL PRIVILEGES ON *.* TO '{{.User}}'@'127.0.0.1' WITH GRANT OPTION;
USE {{.Database}};
{{.Schema}}
