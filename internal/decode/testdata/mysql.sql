-- MySQL dump 10.13
/*!40101 SET NAMES utf8mb4 */;
CREATE TABLE `users` (
  `id` int NOT NULL,
  `mail` varchar(50) DEFAULT 'x',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `users` VALUES (1,'ann@example.com'),(2,'it\'s; (bob)'),(3,_binary 'ann@example.com'),(-4,NULL);
INSERT INTO `users` VALUES (5,'ann@example.com');
DELIMITER ;;
CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW BEGIN INSERT INTO log VALUES ('x'); END ;;
DELIMITER ;
