CREATE DATABASE {{.Database}};
CREATE OR REPLACE USER '{{.User}}'@'{{.From}}' IDENTIFIED BY '{{.Password}}';
GRANT ALL PRIVILEGES ON *.* TO '{{.User}}'@'{{.From}}' WITH GRANT OPTION;
USE {{.Database}};
{{.Schema}}
